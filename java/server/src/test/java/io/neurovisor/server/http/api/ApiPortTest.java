package io.neurovisor.server.http.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class ApiPortTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch mayEnd = new CountDownLatch(1);
    private final Semaphore ended = new Semaphore(0);
    private Optional<ApiPort> opened = Optional.empty();

    @AfterEach
    void close() {
        mayEnd.countDown();
        opened.ifPresent(ApiPort::close);
    }

    /** Counts the requests that have ended. */
    private final class Observed implements RequestObserver.Observed {
        @Override
        public Map<String, String> answered() {
            return Map.of();
        }

        @Override
        public Map<String, String> onward() {
            return Map.of();
        }

        @Override
        public void end(int status) {
            ended.release();
        }
    }

    private ApiPort open(ApiPortLimits limits) throws IOException {
        ApiPort port = ApiPort.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Optional.empty(),
                limits,
                (_, _) -> new Observed());
        opened = Optional.of(port);
        return port;
    }

    private Optional<HttpRoute> route(RequestHead head) {
        return switch (head.path()) {
            case "/echo" ->
                Optional.of(new HttpRoute(
                        10,
                        false,
                        exchange ->
                                exchange.answer(200, new String(exchange.input().readAllBytes(), UTF_8))));
            case "/slow" ->
                Optional.of(new HttpRoute(0, false, exchange -> {
                    begun.countDown();
                    await(mayEnd);
                    exchange.answer(200, Thread.currentThread().isVirtual() ? "virtual" : "platform");
                }));
            case "/query" ->
                Optional.of(new HttpRoute(
                        0,
                        false,
                        exchange ->
                                exchange.answer(200, exchange.parameters("a").toString())));
            case "/closed" ->
                Optional.of(new HttpRoute(Long.MAX_VALUE, false, exchange -> {
                    try (InputStream body = exchange.input()) {
                        assertThat(body.read()).isEqualTo('x');
                    }
                    exchange.answer(507, "full");
                }));
            case "/defect" ->
                Optional.of(new HttpRoute(0, false, _ -> {
                    throw new IllegalStateException("secret");
                }));
            default -> Optional.empty();
        };
    }

    @Test
    void connectionsWaitUntilItServes() throws Exception {
        ApiPort port = open(ApiPortLimits.USUAL);
        try (Socket early = send(port, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")) {
            port.serve(List.of(this::route));
            assertThat(answer(early)).startsWith("HTTP/1.1 200").contains("abc");
        }
    }

    @Test
    void aPortThatIsTakenIsAnError() throws Exception {
        ApiPort port = open(ApiPortLimits.USUAL);
        assertThatThrownBy(
                        () -> ApiPort.open(port.address(), Optional.empty(), ApiPortLimits.USUAL, RequestObserver.NONE))
                .isInstanceOf(IOException.class)
                .hasRootCauseInstanceOf(BindException.class);
    }

    @Test
    void aBodyBeyondTheLimitOfItsRouteIsRefused() throws Exception {
        ApiPort port = served(ApiPortLimits.USUAL);
        assertThat(exchange(port, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n"))
                .startsWith("HTTP/1.1 413")
                .contains("10 bytes");
        assertThat(
                        exchange(
                                port,
                                "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n"))
                .startsWith("HTTP/1.1 413");
    }

    @Test
    void anUnknownPathIsNotFound() throws Exception {
        assertThat(exchange(served(ApiPortLimits.USUAL), "GET /none HTTP/1.1\r\nHost: x\r\n\r\n"))
                .startsWith("HTTP/1.1 404");
    }

    @Test
    void aMalformedQueryIsAnErrorOfTheClient() throws Exception {
        ApiPort port = served(ApiPortLimits.USUAL);
        assertThat(exchange(port, "GET /query?a=%C3%A4 HTTP/1.1\r\nHost: x\r\n\r\n"))
                .startsWith("HTTP/1.1 200");
        assertThat(exchange(port, "GET /query?a=%C3 HTTP/1.1\r\nHost: x\r\n\r\n"))
                .startsWith("HTTP/1.1 400")
                .contains("malformed");
        assertThat(exchange(port, "GET /query?a=%zz HTTP/1.1\r\nHost: x\r\n\r\n"))
                .startsWith("HTTP/1.1 400");
    }

    @Test
    void anErrorReachesAClientThatSendsItsBody() throws Exception {
        String body = "x".repeat(4 << 20);
        String refused = exchange(
                served(ApiPortLimits.USUAL),
                "POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
        assertThat(refused).startsWith("HTTP/1.1 404");
    }

    /** The client reads only after it has sent all, which is much more than the buffers of a connection. */
    @Test
    void anErrorReachesAClientWhoseBodyWasClosed() throws Exception {
        String body = "x".repeat(32 << 20);
        String refused = exchange(
                served(ApiPortLimits.USUAL),
                "POST /closed HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
        assertThat(refused).startsWith("HTTP/1.1 507").contains("full");
    }

    @Test
    void aBodyIsNotDroppedForever() throws Exception {
        ApiPort port = served(ApiPortLimits.USUAL);
        byte[] piece = new byte[1 << 20];
        try (Socket endless =
                send(port, "POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: " + Long.MAX_VALUE + "\r\n\r\n")) {
            assertThat(answer(endless)).startsWith("HTTP/1.1 404");
            assertThatThrownBy(() -> {
                        for (long sent = 0; sent <= 2 * LimitedInput.MOST_DISCARDED_BYTES; sent += piece.length) {
                            endless.getOutputStream().write(piece);
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void headersBeyondTheLimitAreRefused() throws Exception {
        ApiPort port = served(ApiPortLimits.USUAL);
        assertThat(exchange(port, "GET /none HTTP/1.1\r\nHost: x\r\nX: " + "x".repeat(15 << 10) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 404");
        assertThat(exchange(port, "GET /none HTTP/1.1\r\nHost: x\r\nX: " + "x".repeat(17 << 10) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431");
    }

    @Test
    void aDefectIsNotShown() throws Exception {
        assertThat(exchange(served(ApiPortLimits.USUAL), "GET /defect HTTP/1.1\r\nHost: x\r\n\r\n"))
                .startsWith("HTTP/1.1 500")
                .doesNotContain("secret", "Jetty", "IllegalState");
    }

    @Test
    void aRequestBeyondTheLimitIsTriedLater() throws Exception {
        ApiPort port = served(limits(512, 1));
        try (Socket slow = send(port, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")) {
            await(begun);
            assertThat(exchange(port, "GET /none HTTP/1.1\r\nHost: x\r\n\r\n"))
                    .startsWith("HTTP/1.1 503")
                    .contains("Retry-After: 1");
            mayEnd.countDown();
            assertThat(answer(slow)).contains("virtual");
        }
    }

    @Test
    void drainsWhatIsServed() throws Exception {
        ApiPort port = served(ApiPortLimits.USUAL);
        try (Socket slow = send(port, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")) {
            await(begun);
            port.stopAccepting();
            assertThat(port.awaitEnd(Deadline.after(Duration.ofMillis(1), Ticker.SYSTEM)))
                    .isFalse();
            mayEnd.countDown();
            assertThat(answer(slow)).startsWith("HTTP/1.1 200");
            assertThat(port.awaitEnd(Deadline.after(LONG, Ticker.SYSTEM))).isTrue();
        }
    }

    @Test
    void whatIsNotHttpIsAnsweredWithoutAPage() throws Exception {
        assertThat(exchange(served(ApiPortLimits.USUAL), "GET\r\n\r\n"))
                .startsWith("HTTP/1.1 400")
                .contains("not valid")
                .doesNotContain("Jetty", "<html>");
    }

    @Test
    void aSlowHeaderEndsItsConnection() throws Exception {
        ApiPort port = served(new ApiPortLimits(512, 512, 16 << 10, Duration.ofMillis(300), LONG, LONG, LONG));
        try (Socket slow = send(port, "GET /echo HTTP/1.1\r\nX: ")) {
            assertThat(untilTheEnd(slow)).isEmpty();
        }
    }

    @Test
    void aSlowBodyEndsItsConnection() throws Exception {
        ApiPort port = served(new ApiPortLimits(512, 1, 16 << 10, LONG, Duration.ofMillis(300), LONG, LONG));
        try (Socket slow = send(port, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1")) {
            assertThat(untilTheEnd(slow)).doesNotContain("200");
        }
        // On a busy machine the body of this request may be late, too, which may reset its connection.
        Awaitility.await()
                .ignoreException(SocketException.class)
                .until(() -> exchange(port, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1")
                        .startsWith("HTTP/1.1 200"));
    }

    /** Reads until the port ends the connection. If it does so before the client has sent its part, the connection is reset. */
    private static String untilTheEnd(Socket socket) throws IOException {
        try {
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        } catch (SocketException reset) {
            return "";
        }
    }

    @Test
    void inputThatIsDroppedTakesNoPlaceOfARequest() throws Exception {
        ApiPort port = served(limits(512, 1));
        try (Socket sending = send(port, "POST /none HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n")) {
            assertThat(answer(sending)).startsWith("HTTP/1.1 404");
            assertThat(ended.tryAcquire(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
            // The place of a request is free a moment after its response.
            String next = "HTTP/1.1 503";
            while (next.startsWith("HTTP/1.1 503")) {
                next = exchange(port, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");
            }
            assertThat(next).startsWith("HTTP/1.1 200");
            sending.getOutputStream().write("x\r\n0\r\n\r\n".getBytes(UTF_8));
            String after = "HTTP/1.1 503";
            while (after.startsWith("HTTP/1.1 503")) {
                sending.getOutputStream().write("GET /none HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
                after = answer(sending);
            }
            assertThat(after).startsWith("HTTP/1.1 404");
        }
    }

    @Test
    void aNewConnectionReplacesTheOldestIdleOne() throws Exception {
        ApiPort port = served(limits(20, 512));
        List<Socket> idle = new ArrayList<>();
        try (Socket slow = send(port, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")) {
            await(begun);
            for (int count = 0; count < 2000; count++) {
                idle.add(new Socket(port.address().getAddress(), port.address().getPort()));
            }
            assertThat(exchange(port, "GET /none HTTP/1.1\r\nHost: x\r\n\r\n")).startsWith("HTTP/1.1 404");
            assertThat(idle.getFirst().getInputStream().read()).isNegative();
            mayEnd.countDown();
            assertThat(answer(slow)).startsWith("HTTP/1.1 200");
        } finally {
            for (Socket socket : idle) {
                socket.close();
            }
        }
    }

    private static ApiPortLimits limits(int connections, int requests) {
        return new ApiPortLimits(connections, requests, 16 << 10, LONG, LONG, LONG, LONG);
    }

    private ApiPort served(ApiPortLimits limits) throws IOException {
        ApiPort port = open(limits);
        port.serve(List.of(this::route));
        return port;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
    }

    private static Socket send(ApiPort port, String request) throws IOException {
        Socket socket = new Socket(port.address().getAddress(), port.address().getPort());
        socket.setSoTimeout((int) LONG.toMillis());
        socket.getOutputStream().write(request.getBytes(UTF_8));
        return socket;
    }

    private static String exchange(ApiPort port, String request) throws IOException {
        try (Socket socket = send(port, request)) {
            return answer(socket);
        }
    }

    /** Reads the head and the first line of the body. */
    private static String answer(Socket socket) throws IOException {
        StringBuilder read = new StringBuilder();
        for (int next = socket.getInputStream().read();
                next >= 0;
                next = socket.getInputStream().read()) {
            read.append((char) next);
            int body = read.indexOf("\r\n\r\n");
            if (body >= 0 && read.indexOf("\n", body + 4) >= 0) {
                break;
            }
        }
        return read.toString();
    }
}

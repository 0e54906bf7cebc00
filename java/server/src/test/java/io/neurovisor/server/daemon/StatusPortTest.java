package io.neurovisor.server.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.server.http.HttpLimits;
import io.neurovisor.server.overview.Overviews;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class StatusPortTest {
    private Optional<String> making = Optional.empty();
    private PoolStatus pool = new PoolStatus(0, 2, 0, 0, 0, 2, false, Optional.empty(), Optional.empty());
    private final Readiness readiness = new Readiness(() -> pool, () -> making, 2);
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final StatusPort port = opened(StatusPort.LIMITS);

    @BeforeEach
    void serve() {
        port.serve();
    }

    @AfterEach
    void close() {
        port.close();
    }

    @Test
    void readyReportsTheReason() throws IOException {
        assertThat(get("/ready"))
                .isEqualTo("503 warming up: no virtual machine has become ready yet, 2 are being started");
        making = Optional.of("Making template base (small)");
        assertThat(get("/ready"))
                .isEqualTo("503 warming up: no virtual machine has become ready yet, for the template is made first:"
                        + " Making template base (small)");
        pool = new PoolStatus(1, 1, 0, 0, 0, 2, true, Optional.empty(), Optional.empty());
        assertThat(get("/ready")).isEqualTo("200 ready");
        pool = new PoolStatus(0, 1, 0, 0, 0, 2, true, Optional.empty(), Optional.of("no memory"));
        assertThat(get("/ready")).isEqualTo("503 the pool cannot refill: no memory");
        pool = new PoolStatus(0, 1, 1, 0, 0, 2, true, Optional.empty(), Optional.empty());
        readiness.drain();
        assertThat(get("/ready")).isEqualTo("503 draining: no further requests are accepted");
        assertThat(get("/health")).isEqualTo("200 live");
    }

    @Test
    void metricsReportsTheCounters() throws IOException {
        Counter counter = Counter.builder()
                .name("dogs_total")
                .help("Dogs.")
                .labelNames("of")
                .register(registry);
        counter.labelValues("a \"neighbour\"\n").inc(3);
        assertThat(get("/metrics"))
                .startsWith("200 # HELP dogs_total Dogs.")
                .contains("dogs_total{of=\"a \\\"neighbour\\\"\\n\"} 3.0");
        HttpURLConnection connection = connection("/metrics");
        connection.setRequestMethod("DELETE");
        assertThat(connection.getResponseCode()).isEqualTo(405);
    }

    @Test
    void servesNoOtherPath() throws IOException {
        assertThat(get("/x")).isEqualTo("404 there is /, /status.json, /events, /health, /ready and /metrics");
        assertThat(get("/ready/x")).startsWith("404 ");
        assertThat(get("/metrics/x")).startsWith("404 ");
        HttpURLConnection connection = connection("/ready");
        connection.setRequestMethod("POST");
        assertThat(connection.getResponseCode()).isEqualTo(405);
    }

    @Test
    void namesTheHolderOfAPortInUse() {
        assertThatThrownBy(() -> StatusPorts.open(
                        port.address().getPort(), readiness, registry, Overviews::hostile, StatusPort.LIMITS))
                .hasMessageContaining("port " + port.address().getPort() + " on 127.0.0.1 is in use by process "
                        + ProcessHandle.current().pid())
                .hasMessageContaining("--metrics-port");
    }

    /** A daemon does not wait for clients that read its metrics when it ends. */
    @Test
    @Timeout(60)
    void aRunningScrapeDoesNotDelayTheShutdown() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        GaugeWithCallback.builder()
                .name("slow")
                .help("Is never read to its end.")
                .callback(callback -> {
                    asked.countDown();
                    try {
                        never.await();
                    } catch (InterruptedException interrupted) {
                        Thread.currentThread().interrupt();
                    }
                    callback.call(1);
                })
                .register(registry);
        try (Socket scrape = asking("/metrics")) {
            asked.await();
            port.close();
            assertThat(scrape.getInputStream().readAllBytes())
                    .as("of an answer that there is not")
                    .isEmpty();
        }
    }

    @Test
    void incompleteRequestsExcludeNoClient() throws IOException {
        List<Socket> halves = new ArrayList<>();
        try {
            for (int count = 0; count < 2 * StatusPort.LIMITS.connections(); count++) {
                halves.add(connect(port));
                halves.getLast()
                        .getOutputStream()
                        .write("GET /health HTTP/1.1\r\nHo".getBytes(StandardCharsets.US_ASCII));
            }
            for (String path : List.of("/health", "/metrics", "/")) {
                assertThat(get(path)).startsWith("200 ");
            }
            assertThat(responseTo("", halves.getFirst())).as("the oldest").isEmpty();
        } finally {
            for (Socket half : halves) {
                half.close();
            }
        }
    }

    @Test
    void closesAConnectionWhoseHeadIsLate() throws IOException {
        assertThat(StatusPort.LIMITS.head()).hasSeconds(5);
        try (StatusPort impatient = opened(new HttpLimits(512, 512, Duration.ofMillis(200), Duration.ofMinutes(1)))) {
            impatient.serve();
            for (String part : List.of("", "GET /health HTTP/1.1\r\nHost: local")) {
                try (Socket half = connect(impatient)) {
                    assertThat(responseTo(part, half)).as(part).isEmpty();
                }
            }
        }
    }

    /** Returns what arrives until the connection ends. On a busy host, it may end before the request is sent, which resets it. */
    private static byte[] responseTo(String request, Socket connection) throws IOException {
        try {
            connection.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return connection.getInputStream().readAllBytes();
        } catch (SocketException reset) {
            return new byte[0];
        }
    }

    @Test
    void clientsThatDoNotReadAreReplaced() throws IOException {
        countMoreThanASocketHolds();
        try (StatusPort small = opened(new HttpLimits(4, 4, Duration.ofMinutes(1), Duration.ofMinutes(5)))) {
            small.serve();
            List<Socket> deaf = new ArrayList<>();
            for (int count = 0; count < 4; count++) {
                deaf.add(connect(small));
                deaf.getLast().getOutputStream().write(request("/metrics"));
                // The response has begun.
                assertThat(deaf.getLast().getInputStream().read()).isEqualTo('H');
            }
            await().until(() -> isAlive(small));
            for (Socket scrape : deaf) {
                scrape.close();
            }
        }
    }

    private void countMoreThanASocketHolds() {
        Counter counter = Counter.builder()
                .name("dogs_total")
                .help("More than any socket holds.")
                .labelNames("of")
                .register(registry);
        IntStream.range(0, 20_000)
                .forEach(number -> counter.labelValues("x".repeat(500) + number).inc());
    }

    @Test
    void disconnectsAClientThatDoesNotReadItsResponse() throws IOException {
        countMoreThanASocketHolds();
        try (StatusPort impatient = opened(new HttpLimits(512, 512, Duration.ofMinutes(1), Duration.ofMillis(200)))) {
            impatient.serve();
            try (Socket scrape = connect(impatient)) {
                scrape.getOutputStream().write(request("/metrics"));
                // Writing to a closed connection fails.
                await().untilAsserted(() -> assertThatThrownBy(
                                () -> scrape.getOutputStream().write('x'))
                        .isInstanceOf(IOException.class));
            }
            // On a busy machine a response of this port may take longer than its limit.
            await().until(() -> isAlive(impatient));
        }
    }

    private static boolean isAlive(StatusPort port) {
        try (Socket client = connect(port)) {
            client.getOutputStream().write(request("/health"));
            return client.getInputStream().read() == 'H';
        } catch (IOException disconnected) {
            return false;
        }
    }

    private static Socket connect(StatusPort port) throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), port.address().getPort());
        socket.setSoTimeout(60_000);
        return socket;
    }

    private StatusPort opened(HttpLimits limits) {
        return StatusPorts.open(readiness, registry, Overviews::hostile, limits);
    }

    private Socket asking(String path) throws IOException {
        Socket socket = connect(port);
        socket.getOutputStream().write(request(path));
        return socket;
    }

    private static byte[] request(String path) {
        return ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    private String get(String path) throws IOException {
        HttpURLConnection connection = connection(path);
        int status = connection.getResponseCode();
        try (InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            return status + " " + new String(body.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }

    private HttpURLConnection connection(String path) throws IOException {
        return (HttpURLConnection)
                URI.create("http://127.0.0.1:" + port.address().getPort() + path)
                        .toURL()
                        .openConnection();
    }
}

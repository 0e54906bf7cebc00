package io.neurovisor.server.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.config.MetricsConfig;
import io.neurovisor.server.overview.Overview;
import io.neurovisor.server.overview.OverviewJson;
import io.neurovisor.server.overview.Overviews;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The server at the port is not trusted. */
final class StatusClientTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final HttpServer server;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

    StatusClientTest() throws IOException {
        server = HttpServer.create(new InetSocketAddress(LOOPBACK, 0), 0);
        server.setExecutor(executor);
        server.start();
    }

    @AfterEach
    void close() {
        executor.shutdownNow();
        server.stop(0);
    }

    @Test
    void returnsTheDaemonsStatus() {
        Overview overview = Overviews.hostile();
        StatusClient client = asking(answering(200, OverviewJson.write(overview)));
        assertThat(client.ask()).isEqualTo(overview);
        assertThat(client.url())
                .isEqualTo("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @Test
    void rejectsResponsesThatAreNotADaemons() {
        assertMissing(asking(answering(404, "nothing"))).hasMessageContaining("responds with status 404");
        for (String answer : new String[] {"", "null", "{}", "<html>\u001b[2J", "[".repeat(100_000)}) {
            server.removeContext("/");
            assertMissing(asking(answering(200, answer)))
                    .hasMessageContaining("responds with something else")
                    .hasMessageNotContaining("\u001b");
        }
    }

    @Test
    void recognizesADaemonThatRequiresAKey() {
        assertMissing(asking(answering(401, "a key is needed")))
                .hasMessageContaining("requires a key with the scope metrics")
                .hasMessageContaining("--key-file");
    }

    @Test
    void givesUpOnAnEndlessResponse() {
        assertMissing(asking(exchange -> {
                    exchange.sendResponseHeaders(200, 0);
                    try (OutputStream body = exchange.getResponseBody()) {
                        byte[] part = " ".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII);
                        while (true) {
                            body.write(part);
                        }
                    }
                }))
                .hasMessageContaining("does not respond like a daemon");
    }

    @Test
    @Timeout(60)
    void givesUpOnAResponseThatNeverFinishes() {
        assertMissing(asking(exchange -> {
                    exchange.sendResponseHeaders(200, 0);
                    exchange.getResponseBody().write('{');
                    exchange.getResponseBody().flush();
                    sleepForEver();
                }))
                .hasMessageContaining("has not responded within 5 s");
    }

    @Test
    void namesTheNextStepIfNoServerListens() throws IOException {
        // Bound, so that no other program listens there, but not listening, so that connections are refused.
        try (Socket taken = new Socket()) {
            taken.bind(new InetSocketAddress(LOOPBACK, 0));
            int port = taken.getLocalPort();
            assertMissing(client(LOOPBACK, port))
                    .hasMessage(
                            "http://127.0.0.1:" + port + " refuses connections; start a daemon with neurovisor serve,"
                                    + " or set its address with --metrics-listen and --metrics-port");
        }
        assertThatThrownBy(() -> client(LOOPBACK, 0)).hasMessageContaining("set --metrics-port");
    }

    @Test
    void asksADaemonWithAWildcardAddressOverLoopback() throws IOException {
        assertThat(client(InetAddress.ofLiteral("0.0.0.0"), 9090).url()).isEqualTo("http://127.0.0.1:9090");
        assertThat(client(InetAddress.ofLiteral("::1"), 9090).url()).isEqualTo("http://[0:0:0:0:0:0:0:1]:9090");
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertMissing(StatusClient client) {
        return assertThatThrownBy(client::ask)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.DAEMON_MISSING));
    }

    private static StatusClient client(InetAddress listen, int port) {
        return new StatusClient(
                new MetricsConfig(listen, port, Optional.empty(), Optional.empty(), false), Optional.empty());
    }

    private StatusClient asking(HttpHandler handler) {
        server.createContext("/", handler);
        return client(LOOPBACK, server.getAddress().getPort());
    }

    private static HttpHandler answering(int status, String text) {
        return exchange -> {
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            try (OutputStream stream = exchange.getResponseBody()) {
                stream.write(body);
            }
        };
    }

    private static void sleepForEver() throws IOException {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException exception) {
            throw new IOException(exception);
        }
    }
}

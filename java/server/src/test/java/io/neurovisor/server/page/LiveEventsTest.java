package io.neurovisor.server.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.neurovisor.server.http.HttpLimits;
import io.neurovisor.server.http.HttpPort;
import io.neurovisor.server.overview.Activity;
import io.neurovisor.server.overview.EndedExecution;
import io.neurovisor.server.overview.Overview;
import io.neurovisor.server.overview.Overviews;
import io.neurovisor.testkit.ManualTicker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LiveEventsTest {
    /** Exceeds all buffers between two sockets. */
    private static final int LARGE = 40_000;

    private final ManualTicker ticker = new ManualTicker();
    private volatile Overview overview = Overviews.hostile();
    private final LiveEvents events = new LiveEvents(() -> overview, ticker);
    private final HttpPort server;

    LiveEventsTest() throws IOException {
        server = HttpPort.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Optional.empty(),
                events::serve,
                new HttpLimits(512, 512, Duration.ofSeconds(30), Duration.ofSeconds(30)));
    }

    @BeforeEach
    void serve() {
        server.serve();
    }

    @AfterEach
    void close() {
        events.close();
        server.close();
    }

    @Test
    void disconnectsAClientThatDoesNotRead() throws Exception {
        EndedExecution ended = overview.executions().recent().getFirst();
        overview = Overviews.of(new Activity(1, 1, 0, List.of(), Collections.nCopies(LARGE, ended), 5, List.of()), 1);
        try (Socket deaf = new Socket()) {
            deaf.setReceiveBufferSize(1024);
            ask(deaf);
            await().until(() -> events.clients() == 1);
            BufferedReader stream = stream();
            assertThat(event(stream)).hasSizeGreaterThan(10_000_000);
            assertThat(events.clients()).isEqualTo(2);

            ticker.advance(Duration.ofSeconds(11));
            await().untilAsserted(() -> assertThat(events.clients()).isOne());
            overview = Overviews.later(Overviews.of(new Activity(2, 1, 0, List.of(), List.of(), 5, List.of()), 7), 1);
            assertThat(event(stream)).contains("\"warm\":7");
        }
    }

    @Test
    void aSilentStreamIsKeptAliveByComments() throws Exception {
        BufferedReader stream = stream();
        assertThat(event(stream)).contains("SANDBOX_DIED");
        await().until(() -> events.clients() == 1);
        ticker.advance(Duration.ofSeconds(16));
        String line = stream.readLine();
        while (!line.startsWith(":")) {
            assertThat(line).doesNotStartWith("data:");
            line = stream.readLine();
        }
    }

    private void ask(Socket socket) throws IOException {
        socket.connect(server.address());
        socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    private BufferedReader stream() throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://127.0.0.1:" + server.address().getPort() + "/")
                        .toURL()
                        .openConnection();
        connection.setReadTimeout(30_000);
        return new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8));
    }

    private static String event(BufferedReader stream) throws IOException {
        String line = stream.readLine();
        while (!line.startsWith("data: ")) {
            line = stream.readLine();
        }
        return line;
    }
}

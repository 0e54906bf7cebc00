package io.neurovisor.server.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.server.overview.Activity;
import io.neurovisor.server.overview.Overview;
import io.neurovisor.server.overview.OverviewJson;
import io.neurovisor.server.overview.Overviews;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests to the status page, checked byte by byte. */
final class StatusPagesTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final Activity NONE = new Activity(0, 0, 0, List.of(), List.of(), 5, List.of());

    private volatile Overview overview = Overviews.hostile();
    private final AtomicInteger looks = new AtomicInteger();
    private final StatusPort port = StatusPorts.open(
            new Readiness(
                    () -> new PoolStatus(1, 0, 0, 0, 0, 1, true, Optional.empty(), Optional.empty()),
                    Optional::empty,
                    1),
            new PrometheusRegistry(),
            () -> {
                looks.incrementAndGet();
                return overview;
            },
            StatusPort.LIMITS);
    private final List<HttpURLConnection> connections = new ArrayList<>();

    @BeforeEach
    void serve() {
        port.serve();
    }

    @AfterEach
    void close() {
        connections.forEach(HttpURLConnection::disconnect);
        port.close();
    }

    @Test
    void escapesTextFromOutside() throws IOException {
        String trace = Overviews.TRACE.toString();
        for (String path : List.of("/", "/execution/" + trace)) {
            String page = get(path);
            assertThat(page)
                    .startsWith("HTTP/1.1 200 ")
                    .contains("&lt;script&gt;alert(1)&lt;/script&gt;", "SANDBOX_DIED", trace)
                    .doesNotContain("<script>", "<img src=x", "onerror=alert(2)>", "secret code", "\u001b", "\u202e");
            assertThat(page.replaceAll("<script defer=\"defer\" src=\"/assets/[a-z]+.js\"></script>", ""))
                    .doesNotContain("<script")
                    .doesNotContain("style=", "javascript:", " onclick");
        }
    }

    @Test
    void showsTheBasicsWithoutScripts() throws IOException {
        assertThat(get("/"))
                .contains(">not ready<", ">1 / 3<", "5 eBPF LSM", "waits for one", "not a security boundary")
                .contains("<noscript><meta http-equiv=\"refresh\" content=\"5\"/></noscript>")
                .contains("/execution/" + Overviews.TRACE);
        assertThat(get("/execution/00000000-0000-0001-0000-000000000002")).contains("waits for a machine");
        assertThat(get("/execution/00000000-0000-0001-0000-000000000003"))
                .startsWith("HTTP/1.1 404 ")
                .contains("no execution of that trace is remembered");
    }

    @Test
    void servesTheSameFiguresAsJson() throws IOException {
        String answer = get("/status.json");
        assertThat(answer).contains("Content-Type: application/json");
        assertThat(OverviewJson.read(answer.substring(answer.indexOf("\r\n\r\n") + 4)))
                .isEqualTo(overview);
    }

    @Test
    void everyResponseRestrictsTheBrowser() throws IOException {
        for (String path : List.of("/", "/status.json", "/assets/status.js", "/nothing")) {
            assertThat(get(path))
                    .contains("Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self';")
                    .contains("frame-ancestors 'none'", "X-Content-Type-Options: nosniff")
                    .contains("Referrer-Policy: no-referrer", "Cache-Control: no-store");
        }
        assertThat(get("/assets/uplot.js")).contains("200 OK", "text/javascript", "uPlot");
        assertThat(get("/assets/icon.svg")).contains("image/svg+xml", "<svg");
    }

    @Test
    void rejectsRequestsForAnotherServer() throws IOException {
        for (String path : List.of(
                "/", "/status.json", "/events", "/assets/status.js", "/execution/x", "/ready", "/metrics", "/x")) {
            assertThat(ask("GET " + path + " HTTP/1.1", "Host: evil.example:9090"))
                    .startsWith("HTTP/1.1 421 ")
                    .contains("use localhost or the address");
        }
        for (String path : List.of("/ready", "/metrics")) {
            assertThat(ask("GET " + path + " HTTP/1.1", "Host: 127.0.0.1:9090")).startsWith("HTTP/1.1 200 ");
        }
        assertThat(ask("GET /health HTTP/1.1", "Host: probe.example")).startsWith("HTTP/1.1 200 ");
        assertThat(ask("GET / HTTP/1.1", "Host: localhost:1")).startsWith("HTTP/1.1 200 ");
        assertThat(ask("GET / HTTP/1.1", "Host: [::1]:9090")).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void rejectsRequestsWithoutOneValidHost() throws IOException {
        assertThat(ask("GET / HTTP/1.1")).startsWith("HTTP/1.1 400 ");
        assertThat(ask("GET / HTTP/1.0")).startsWith("HTTP/1.1 400 ");
        assertThat(ask("GET / HTTP/1.1", "Host: localhost", "Host: evil.example"))
                .startsWith("HTTP/1.1 400 ");
        assertThat(ask("GET / HTTP/1.1", "Host: <script>alert(1)</script>"))
                .startsWith("HTTP/1.1 400 ")
                .doesNotContain("<script>");
        assertThat(ask("GET http://evil.example/ HTTP/1.1", "Host: localhost")).startsWith("HTTP/1.1 400 ");
        assertThat(ask("GET / HTTP/1.1", "Host: " + "a".repeat(10_000))).startsWith("HTTP/1.1 400 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/../status.json",
                "/assets/../status.json",
                "/assets/..%2f..%2fetc/passwd",
                "/assets/%2e%2e/status.js",
                "//evil.example/",
                "/assets/",
                "/assets/status.js/",
                "/STATUS.JSON",
                "/execution/",
                "/execution/%3Cscript%3E",
                "/execution/01941ab3-6d8c-7a2b-b4e1-9c1234567890/..",
                "/status.json%00",
                "/events/x",
                "/index.html"
            })
    void otherPathsAreNotFound(String path) throws IOException {
        assertThat(get(path)).containsPattern("^HTTP/1.1 40[04] ").doesNotContain("<script", "root:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "BREW"})
    void acceptsNoMethodThatChangesAnything(String method) throws IOException {
        for (String path : List.of("/", "/status.json", "/events")) {
            assertThat(ask(method + " " + path + " HTTP/1.1", "Host: localhost", "Content-Length: 0"))
                    .containsPattern("^HTTP/1.1 40[05] ");
        }
    }

    @Test
    void headHasNoBody() throws IOException {
        for (String path : List.of("/", "/status.json", "/events")) {
            assertThat(ask("HEAD " + path + " HTTP/1.1", "Host: localhost"))
                    .startsWith("HTTP/1.1 200 ")
                    .endsWith("\r\n\r\n");
        }
    }

    @Test
    void sendsEachChangeOnce() throws Exception {
        BufferedReader stream = events();
        assertThat(nextEvent(stream)).isEqualTo(overview);
        overview = Overviews.later(Overviews.of(NONE, 2), 1);
        assertThat(nextEvent(stream)).isEqualTo(overview);
        // A different time alone is not a change; the next event is the change of the pool.
        overview = Overviews.later(overview, 5);
        int seen = looks.get();
        await().atMost(LIMIT).until(() -> looks.get() > seen + 1);
        overview = Overviews.later(Overviews.of(NONE, 3), 9);
        assertThat(nextEvent(stream).pool().warm()).isEqualTo(3);
    }

    @Test
    void boundsTheNumberOfStreams() throws Exception {
        List<BufferedReader> streams = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            streams.add(events());
            Overview _ = nextEvent(streams.getLast());
        }
        assertThat(get("/events")).startsWith("HTTP/1.1 503 ").contains("Retry-After: 30", "/status.json");
        assertThat(get("/health")).startsWith("HTTP/1.1 200 ");
        connections.getFirst().disconnect();
        AtomicInteger change = new AtomicInteger();
        await().atMost(LIMIT).until(() -> {
            overview = Overviews.later(Overviews.of(NONE, change.incrementAndGet()), change.get());
            try (Socket socket = connect("GET /events HTTP/1.1", "Host: localhost")) {
                byte[] status = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
                return new String(status, StandardCharsets.US_ASCII).equals("HTTP/1.1 200");
            }
        });
    }

    @Test
    void survivesThousandsOfConnections() throws Exception {
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            sockets.add(connect("GET /events HTTP/1.1", "Host: localhost"));
        }
        for (Socket socket : sockets) {
            socket.close();
        }
        await().atMost(LIMIT).ignoreExceptions().until(() -> get("/health").startsWith("HTTP/1.1 200 "));
    }

    @Test
    void streamsEndWithTheServer() throws Exception {
        BufferedReader stream = events();
        Overview _ = nextEvent(stream);
        port.close();
        assertThatThrownBy(() -> nextEvent(stream)).isInstanceOfAny(IOException.class, NullPointerException.class);
    }

    private BufferedReader events() throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://127.0.0.1:" + port.address().getPort() + "/events")
                        .toURL()
                        .openConnection();
        connection.setReadTimeout((int) LIMIT.toMillis());
        connections.add(connection);
        return new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8));
    }

    private static Overview nextEvent(BufferedReader stream) throws IOException {
        String line = stream.readLine();
        while (!line.startsWith("data: ")) {
            line = stream.readLine();
        }
        return OverviewJson.read(line.substring("data: ".length()));
    }

    private String get(String path) throws IOException {
        return ask("GET " + path + " HTTP/1.1", "Host: localhost");
    }

    private String ask(String... lines) throws IOException {
        List<String> request = new ArrayList<>(List.of(lines));
        request.add("Connection: close");
        try (Socket socket = connect(request.toArray(String[]::new))) {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private Socket connect(String... lines) throws IOException {
        Socket socket = new Socket(port.address().getAddress(), port.address().getPort());
        socket.setSoTimeout((int) LIMIT.toMillis());
        String request = List.of(lines).stream().collect(Collectors.joining("\r\n", "", "\r\n\r\n"));
        socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
        return socket;
    }
}

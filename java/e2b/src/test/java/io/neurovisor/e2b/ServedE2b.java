package io.neurovisor.e2b;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.e2b.route.EnvdTokens;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.access.keys.KeyGrant;
import io.neurovisor.server.access.keys.KeyName;
import io.neurovisor.server.access.keys.KeySpelling;
import io.neurovisor.server.access.keys.SandboxQuota;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.config.RateLimit;
import io.neurovisor.server.http.api.ApiPort;
import io.neurovisor.server.http.api.ApiPortLimits;
import io.neurovisor.server.http.api.RequestObserver;
import io.neurovisor.testkit.FakeGuest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** E2B's API on a real port, in front of the daemon's own services with fake machines, and a client of it. */
public final class ServedE2b implements AutoCloseable {
    public static final String DOMAIN = "sandboxes.example";
    public static final int ENVD = 49983;
    public static final int INTERPRETER = 49999;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final FakeDaemon daemon;
    private final EnvdTokens tokens = new EnvdTokens(new byte[32], InstantSource.system());
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final ApiPort port;
    private final HttpClient client = HttpClient.newHttpClient();
    private final String key;

    public ServedE2b(Path data) throws IOException {
        this(data, ApiPortLimits.USUAL);
    }

    public ServedE2b(Path data, ApiPortLimits limits) throws IOException {
        daemon = new FakeDaemon(data);
        E2bApi api = new E2bApi(
                daemon.channel(), daemon::sandboxIds, tokens, Optional.of(DOMAIN), InstantSource.system(), timer);
        port = ApiPort.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Optional.empty(),
                limits,
                RequestObserver.NONE);
        port.serve(List.of(api));
        key = key("me", EnumSet.of(Scope.SANDBOX, Scope.EXECUTE), Optional.empty());
    }

    /** Makes a key, and returns it as E2B's clients spell it. */
    public String key(String name, EnumSet<Scope> scopes, Optional<RateLimit> limit) {
        return KeySpelling.toE2b(daemon.keys()
                        .create(new KeyGrant(
                                new KeyName(name),
                                scopes,
                                limit,
                                Optional.empty(),
                                PoolShare.UNLIMITED,
                                SandboxQuota.UNLIMITED,
                                Optional.empty(),
                                Optional.empty()))
                        .secret()
                        .reveal())
                .orElseThrow();
    }

    /** Returns when the API knows a new key: it looks for unknown ones at most every 20 ms. */
    public void awaitKnown(String made) throws IOException, InterruptedException {
        while (send(request("/v2/sandboxes").header("X-API-KEY", made)).status() == 401) {
            Thread.onSpinWait();
        }
    }

    public void revoke(String name) {
        Object _ = daemon.keys().revoke(name);
    }

    public String key() {
        return key;
    }

    public EnvdTokens tokens() {
        return tokens;
    }

    /** Returns the guest that was started last. */
    public FakeGuest guest() {
        return daemon.guests().getLast();
    }

    /** Returns all guests, in the order of their starts. */
    public List<FakeGuest> guests() {
        return List.copyOf(daemon.guests());
    }

    /** Measures the sandboxes once. */
    public void measure() {
        daemon.measure();
    }

    /** Returns how many machines were started. */
    public int machines() {
        return daemon.guests().size();
    }

    /** A response. */
    public record Answer(HttpResponse<byte[]> response) {
        public int status() {
            return response.statusCode();
        }

        public String text() {
            return new String(response.body(), StandardCharsets.UTF_8);
        }

        public JsonNode json() throws IOException {
            return JSON.readTree(response.body());
        }

        public Optional<String> header(String name) {
            return response.headers().firstValue(name);
        }

        /** Returns the message of an error, whose code must be the status. */
        public String problem() throws IOException {
            assertThat(json().path("code").asInt()).as(text()).isEqualTo(status());
            return json().path("message").asText();
        }
    }

    public HttpRequest.Builder request(String path) {
        InetSocketAddress address = port.address();
        return HttpRequest.newBuilder(
                        URI.create("http://" + address.getAddress().getHostAddress() + ":" + address.getPort() + path))
                .timeout(Duration.ofSeconds(60));
    }

    public Answer send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return new Answer(client.send(request.build(), BodyHandlers.ofByteArray()));
    }

    /** Calls an operation of the control plane. */
    public Answer control(String method, String path, String body) throws IOException, InterruptedException {
        return control(key, method, path, body);
    }

    private Answer control(String caller, String method, String path, String body)
            throws IOException, InterruptedException {
        return send(request(path).header("X-API-KEY", caller).method(method, BodyPublishers.ofString(body)));
    }

    /** Sends bytes that may not be HTTP, and returns the response until the connection ends. */
    public String raw(String request) throws IOException {
        try (Socket socket = socket()) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Returns a connection without a request. */
    public Socket socket() throws IOException {
        Socket socket = new Socket(port.address().getAddress(), port.address().getPort());
        socket.setSoTimeout(60_000);
        return socket;
    }

    /** A sandbox of the client. */
    public Box create() throws IOException, InterruptedException {
        return create("{\"templateID\":\"base\",\"timeout\":300}");
    }

    public Box create(String body) throws IOException, InterruptedException {
        return create(key, body);
    }

    /** A sandbox of the holder of another key. */
    public Box create(String owner, String body) throws IOException, InterruptedException {
        Answer created = control(owner, "POST", "/sandboxes", body);
        assertThat(created.status()).as(created.text()).isEqualTo(201);
        return box(created.json());
    }

    /** Returns the sandbox that an answer of the control plane names. */
    public Box box(JsonNode created) {
        return new Box(
                this,
                created.path("sandboxID").asText(),
                created.path("envdAccessToken").asText());
    }

    @Override
    public void close() {
        port.close();
        client.close();
        timer.shutdownNow();
        daemon.close();
    }
}

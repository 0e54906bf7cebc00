package io.neurovisor.server.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.server.access.Callers;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.access.keys.KeyExpiry;
import io.neurovisor.server.access.keys.KeyGrant;
import io.neurovisor.server.access.keys.KeyName;
import io.neurovisor.server.access.keys.SandboxQuota;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.access.tls.ServerTls;
import io.neurovisor.server.client.StatusClient;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.config.MetricsConfig;
import io.neurovisor.server.overview.Overview;
import io.neurovisor.server.overview.Overviews;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.testkit.ManualTicker;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The metrics port as configured: encrypted and with keys. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class StatusPortAccessTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final PoolStatus READY = new PoolStatus(1, 0, 0, 0, 0, 1, true, Optional.empty(), Optional.empty());

    @TempDir
    private Path directory;

    private final Overview overview = Overviews.hostile();
    private final ManualTicker ticker = new ManualTicker();
    private Duration ahead = Duration.ZERO;
    private ApiKeys keys;
    private StatusPort port;

    @BeforeEach
    void openKeys() {
        keys = ApiKeys.open(directory.resolve("access"), InstantSource.system());
    }

    @AfterEach
    void close() {
        port.close();
        keys.close();
    }

    @Test
    void onlyAKeyWithTheScopeGivesAccess() throws IOException {
        String scraper = key("scraper", Scope.METRICS);
        String caller = key("caller", Scope.EXECUTE);
        open(Map.of("metrics-require-keys", "on"));
        for (String path : List.of("/", "/status.json", "/metrics", "/assets/status.js", "/nothing")) {
            assertThat(get(path)).startsWith("HTTP/1.1 401 ").contains("WWW-Authenticate: Basic", "keys create");
            assertThat(get(path, "Authorization: Bearer " + scraper + "x")).startsWith("HTTP/1.1 401 ");
            assertThat(get(path, "Authorization: Basic %%%")).startsWith("HTTP/1.1 401 ");
            assertThat(get(path, "Authorization: Bearer " + caller))
                    .startsWith("HTTP/1.1 403 ")
                    .contains("key caller lacks the scope metrics");
        }
        for (String authorization : List.of("Bearer " + scraper, "Basic " + basic("any:" + scraper))) {
            for (String path : List.of("/", "/status.json", "/metrics")) {
                assertThat(get(path, "Authorization: " + authorization)).startsWith("HTTP/1.1 200 ");
            }
        }
        for (String path : List.of("/health", "/ready")) {
            assertThat(get(path)).startsWith("HTTP/1.1 200 ");
        }

        MetricsConfig asked = new MetricsConfig(LOOPBACK, port(), Optional.empty(), Optional.empty(), true);
        assertThat(new StatusClient(asked, Optional.of(scraper)).ask()).isEqualTo(overview);
        assertThatThrownBy(() -> new StatusClient(asked, Optional.empty()).ask())
                .hasMessageContaining("--key-file");
    }

    @Test
    void anExpiredKeyGivesNoAccess() throws IOException {
        String scraper = keys.create(new KeyGrant(
                        new KeyName("scraper"),
                        EnumSet.of(Scope.METRICS),
                        Optional.empty(),
                        Optional.empty(),
                        PoolShare.UNLIMITED,
                        SandboxQuota.UNLIMITED,
                        Optional.empty(),
                        KeyExpiry.parse("1h", InstantSource.system().instant())))
                .secret()
                .reveal();
        open(Map.of("metrics-require-keys", "on"));
        assertThat(get("/metrics", "Authorization: Bearer " + scraper)).startsWith("HTTP/1.1 200 ");
        ahead = Duration.ofHours(1);
        assertThat(get("/metrics", "Authorization: Bearer " + scraper)).startsWith("HTTP/1.1 401 ");
        assertThat(get("/metrics", "Authorization: Basic " + basic("any:" + scraper)))
                .startsWith("HTTP/1.1 401 ");
    }

    @Test
    void servesTlsWithTheConfiguredFiles() throws Exception {
        Path cert = directory.resolve("cert");
        Path key = directory.resolve("key");
        X509Bundle first = write(cert, key);
        Path other = directory.resolve("other");
        X509Bundle _ = write(other, directory.resolve("other-key"));
        open(Map.of("metrics-tls-cert", cert.toString(), "metrics-tls-key", key.toString()));
        assertThat(client(cert).ask()).isEqualTo(overview);
        assertThat(client(cert).url()).startsWith("https://127.0.0.1:");
        assertThatThrownBy(() -> client(other).ask())
                .hasMessageContaining("with the certificate that --metrics-tls-cert");
        assertThat(get("/health")).as("without TLS").doesNotStartWith("HTTP/1.1 200");

        X509Bundle renewed = write(cert, key);
        assertThat(renewed.getCertificate()).isNotEqualTo(first.getCertificate());
        ticker.advance(Duration.ofSeconds(10));
        assertThat(client(cert).ask()).as("with the renewed files").isEqualTo(overview);
    }

    @Test
    void aMissingFileIsNamedByItsOption() throws Exception {
        Path cert = directory.resolve("cert");
        X509Bundle _ = write(cert, directory.resolve("key"));
        assertThatThrownBy(() -> open(Map.of("metrics-tls-cert", cert.toString())))
                .hasMessage("--metrics-tls-key is missing: TLS needs --metrics-tls-cert and --metrics-tls-key");
        open(Map.of());
        assertThat(get("/metrics")).startsWith("HTTP/1.1 200 ");
    }

    private void open(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        all.put("metrics-port", "0");
        LoadedConfig loaded =
                LoadedConfig.load(all, Optional.empty(), new ProcessEnvironment(Map.of(), directory.resolve("home")));
        assertThat(loaded.problems()).isEmpty();
        MetricsConfig config = loaded.config().metrics();
        Callers callers =
                new Callers(keys, false, () -> InstantSource.system().instant().plus(ahead), ticker);
        port = new StatusPort(
                config,
                ServerTls.METRICS.context(config.tls(), InstantSource.system(), ticker),
                callers::keyOf,
                new Readiness(() -> READY, Optional::empty, 1),
                new PrometheusRegistry(),
                () -> overview,
                StatusPort.LIMITS);
        port.serve();
    }

    private StatusClient client(Path certificate) {
        return new StatusClient(
                new MetricsConfig(LOOPBACK, port(), Optional.of(certificate), Optional.empty(), false),
                Optional.empty());
    }

    private static X509Bundle write(Path cert, Path key) throws Exception {
        X509Bundle bundle = new CertificateBuilder()
                .subject("CN=metrics")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        Files.writeString(cert, bundle.getCertificatePEM());
        Files.writeString(key, bundle.getPrivateKeyPEM());
        return bundle;
    }

    private String key(String name, Scope scope) {
        return keys.create(new KeyGrant(
                        new KeyName(name), EnumSet.of(scope), Optional.empty(), Optional.empty(), PoolShare.UNLIMITED))
                .secret()
                .reveal();
    }

    private static String basic(String pair) {
        return Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    private int port() {
        return port.address().getPort();
    }

    /** Uses a name that is not this server's, without a Host header that matches. */
    private String get(String path, String... headers) throws IOException {
        String host = headers.length == 0 ? "localhost" : "metrics.example";
        try (Socket socket = new Socket(LOOPBACK, port())) {
            socket.setSoTimeout(60_000);
            String request = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n"
                    + String.join(
                            "",
                            List.of(headers).stream()
                                    .map(header -> header + "\r\n")
                                    .toList()) + "\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}

package io.neurovisor.server.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.server.overview.Overviews;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class StatusPortTest {
    private PoolStatus pool = new PoolStatus(0, 2, 0, 0, 0, 2, false, Optional.empty());
    private final Readiness readiness = new Readiness(() -> pool, 2);
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final StatusPort port = StatusPort.open(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), readiness, registry, Overviews::hostile);

    @BeforeEach
    void serve() {
        port.serve();
    }

    @AfterEach
    void close() {
        port.close();
    }

    @Test
    void readyTellsWhatIsMissing() throws IOException {
        assertThat(get("/ready"))
                .isEqualTo("503 warming up: no virtual machine has become ready yet, 2 are being started");
        pool = new PoolStatus(1, 1, 0, 0, 0, 2, true, Optional.empty());
        assertThat(get("/ready")).isEqualTo("200 ready");
        pool = new PoolStatus(0, 1, 0, 0, 0, 2, true, Optional.of("no memory"));
        assertThat(get("/ready")).isEqualTo("503 the pool cannot refill: no memory");
        pool = new PoolStatus(0, 1, 1, 0, 0, 2, true, Optional.empty());
        readiness.drain();
        assertThat(get("/ready")).isEqualTo("503 draining: no more requests are taken");
        assertThat(get("/health")).isEqualTo("200 live");
    }

    @Test
    void metricsTellsWhatIsCounted() throws IOException {
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
    void nothingElseIsThere() throws IOException {
        assertThat(get("/x")).isEqualTo("404 there is /, /status.json, /events, /health, /ready and /metrics");
        assertThat(get("/ready/x")).startsWith("404 ");
        assertThat(get("/metrics/x")).startsWith("404 ");
        HttpURLConnection connection = connection("/ready");
        connection.setRequestMethod("POST");
        assertThat(connection.getResponseCode()).isEqualTo(405);
    }

    @Test
    void aPortInUseIsNamedWithItsHolder() {
        assertThatThrownBy(() -> StatusPort.open(port.address(), readiness, registry, Overviews::hostile))
                .hasMessageContaining("port " + port.address().getPort() + " on 127.0.0.1 is in use by process "
                        + ProcessHandle.current().pid())
                .hasMessageContaining("--metrics-port");
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

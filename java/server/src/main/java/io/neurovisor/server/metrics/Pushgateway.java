package io.neurovisor.server.metrics;

import static java.util.Objects.requireNonNull;

import io.prometheus.metrics.exporter.pushgateway.PushGateway;
import io.prometheus.metrics.exporter.pushgateway.Scheme;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Prometheus' <a href="https://github.com/prometheus/pushgateway">Pushgateway</a>: keeps for Prometheus what a process that ends
 * has counted.
 */
public final class Pushgateway {
    /** For a connection, and then for its answer: nobody waits much longer for the end of a command. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    private final URI address;
    private final Duration patience;

    public Pushgateway(URI address) {
        this(address, PATIENCE);
    }

    Pushgateway(URI address, Duration patience) {
        this.address = requireNonNull(address, "address is null");
        this.patience = requireNonNull(patience, "patience is null");
    }

    /**
     * Leaves everything there, in place of what the last process of that job on this machine has left.
     *
     * @throws IOException when it could not be reached or refused it
     */
    public void push(String job, PrometheusRegistry registry) throws IOException {
        PushGateway.Builder builder = PushGateway.builder()
                .scheme(address.getScheme().equals("https") ? Scheme.HTTPS : Scheme.HTTP)
                .address(address.getRawAuthority() + address.getRawPath().replaceFirst("/+$", ""))
                .job(job)
                // Not by asking whoever resolves names, who may know none or take his time.
                .groupingKey("instance", Files.readString(HOST_NAME).strip())
                .registry(registry)
                .connectionTimeout(patience)
                .readTimeout(patience);
        builder.build().push();
    }
}

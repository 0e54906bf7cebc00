package io.neurovisor.server.metrics;

import static java.util.Objects.requireNonNull;

import io.prometheus.metrics.exporter.pushgateway.PushGateway;
import io.prometheus.metrics.exporter.pushgateway.Scheme;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;

/**
 * Prometheus' <a href="https://github.com/prometheus/pushgateway">Pushgateway</a>: keeps for Prometheus what a process that ends
 * has counted.
 */
public final class Pushgateway {
    /** Nobody waits longer for the end of a command. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final URI address;

    public Pushgateway(URI address) {
        this.address = requireNonNull(address, "address is null");
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
                .groupingKey("instance", InetAddress.getLocalHost().getHostName())
                .registry(registry)
                .connectionTimeout(PATIENCE)
                .readTimeout(PATIENCE);
        builder.build().push();
    }
}

package io.neurovisor.server.metrics;

import io.prometheus.metrics.exporter.pushgateway.PushGateway;
import io.prometheus.metrics.exporter.pushgateway.Scheme;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The client of Prometheus' <a href="https://github.com/prometheus/pushgateway">Pushgateway</a>, which keeps the
 * metrics of processes that have ended.
 */
public final class Pushgateway {
    /**
     * The limit for the connection and again for the response, because the end of a command must not be delayed for
     * long.
     */
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    private final URI address;
    private final Duration timeout;

    public Pushgateway(URI address) {
        this(address, TIMEOUT);
    }

    Pushgateway(URI address, Duration timeout) {
        this.address = address;
        this.timeout = timeout;
    }

    /**
     * Replaces the metrics that the last process of the job on this machine has pushed.
     *
     * @throws IOException if the Pushgateway could not be reached or rejected the metrics
     */
    public void push(String job, PrometheusRegistry registry) throws IOException {
        PushGateway.Builder builder = PushGateway.builder()
                .scheme(address.getScheme().equals("https") ? Scheme.HTTPS : Scheme.HTTP)
                .address(address.getRawAuthority() + address.getRawPath().replaceFirst("/+$", ""))
                .job(job)
                // Read from the kernel, because a name resolver may not know the name or may be slow.
                .groupingKey("instance", Files.readString(HOST_NAME).strip())
                .registry(registry)
                .connectionTimeout(timeout)
                .readTimeout(timeout);
        builder.build().push();
    }
}

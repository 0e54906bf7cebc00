package io.neurovisor.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options about where a server tells how it is. */
@SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
public final class MetricsOptions {
    @Option(
            names = "--metrics-listen",
            paramLabel = "ADDRESS",
            description = "Where the status page, /health, /ready and /metrics are, by HTTP. Default: 127.0.0.1."
                    + " Environment: NEUROVISOR_METRICS_LISTEN.")
    private @Nullable String metricsListen;

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            description = "At this port; 0 for any that is free. Default: 9090. Environment: NEUROVISOR_METRICS_PORT.")
    private @Nullable String metricsPort;

    @Option(
            names = "--metrics-tls-cert",
            paramLabel = "FILE",
            description = "Over TLS with this certificate, followed by those that vouch for it, in PEM. Default: off."
                    + " Environment: NEUROVISOR_METRICS_TLS_CERT.")
    private @Nullable String metricsTlsCert;
}

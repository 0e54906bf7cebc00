package io.neurovisor.cli.serve;

import io.neurovisor.cli.options.MetricsOptions;
import io.neurovisor.cli.options.SettingCandidates;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options about where and how a server serves. */
@SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
public final class ServeOptions {
    @Option(
            names = "--listen",
            paramLabel = "ADDRESS",
            description = "Take gRPC calls at this address. Default: 127.0.0.1. Environment: NEUROVISOR_LISTEN.")
    private @Nullable String listen;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "At this port; 0 for any that is free. Default: 50051. Environment: NEUROVISOR_PORT.")
    private @Nullable String port;

    @Mixin
    private final MetricsOptions metrics = new MetricsOptions();

    @Option(
            names = "--metrics-tls-key",
            paramLabel = "FILE",
            description = "The private key for --metrics-tls-cert, in PEM. Default: off. Environment:"
                    + " NEUROVISOR_METRICS_TLS_KEY.")
    private @Nullable String metricsTlsKey;

    @Option(
            names = "--metrics-require-keys",
            paramLabel = "on|off",
            arity = "0..1",
            fallbackValue = "on",
            description =
                    "Show status page and metrics only to requests with a key that has the scope metrics. Default:"
                            + " off. Environment: NEUROVISOR_METRICS_REQUIRE_KEYS.")
    private @Nullable String metricsRequireKeys;

    @Option(
            names = "--socket",
            paramLabel = "PATH",
            description = "Take this user's own calls at this Unix socket. Default:"
                    + " $XDG_RUNTIME_DIR/neurovisor/daemon.sock, or /run/neurovisor/daemon.sock for root, or"
                    + " /tmp/neurovisor-USER/daemon.sock. Environment: NEUROVISOR_SOCKET.")
    private @Nullable String socket;

    @Option(
            names = "--timeout-max",
            paramLabel = "TIME",
            description = "The longest time-out that a request may ask for, 1s to 24h. Default: 1h. Environment:"
                    + " NEUROVISOR_TIMEOUT_MAX.")
    private @Nullable String timeoutMax;

    @Option(
            names = "--drain-timeout",
            paramLabel = "TIME",
            description = "How long calls that are served may take to finish when the server is to end, 1s to 24h."
                    + " Default: 30s. Environment: NEUROVISOR_DRAIN_TIMEOUT.")
    private @Nullable String drainTimeout;

    @Option(
            names = "--send-timeout",
            paramLabel = "TIME",
            description =
                    "How long a client may leave what is sent to it unread before its call is cancelled, 1s to 24h."
                            + " Default: 60s. Environment: NEUROVISOR_SEND_TIMEOUT.")
    private @Nullable String sendTimeout;

    @Option(
            names = "--channelz",
            paramLabel = "on|off",
            arity = "0..1",
            fallbackValue = "on",
            completionCandidates = SettingCandidates.Switches.class,
            description = "Tell who asks about the server's connections, by gRPC's channelz service. Default: off."
                    + " Environment: NEUROVISOR_CHANNELZ.")
    private @Nullable String channelz;
}

package io.neurovisor.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a command that ends leaves what it has counted. */
@SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
public final class PushOptions {
    @Option(
            names = "--pushgateway",
            paramLabel = "URL",
            description =
                    "Push what was counted to this Pushgateway of Prometheus' at the end, also after a failure, or"
                            + " off. Default: off. Environment: NEUROVISOR_PUSHGATEWAY.")
    private @Nullable String pushgateway;
}

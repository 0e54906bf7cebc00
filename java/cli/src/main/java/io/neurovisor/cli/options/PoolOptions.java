package io.neurovisor.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options about how many machines there are. */
@SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
public final class PoolOptions {
    @Option(
            names = "--warm",
            paramLabel = "N",
            description = "How many machines are kept ready; run, which needs one, keeps none. Default: 3."
                    + " Environment: NEUROVISOR_POOL_SIZE.")
    private @Nullable String warm;

    @Option(
            names = "--max",
            paramLabel = "N",
            description = "How many machines there may be, whatever they are doing. Default: 10. Environment:"
                    + " NEUROVISOR_MAX_VMS.")
    private @Nullable String max;
}

package io.neurovisor.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command whose programs are a language model's. */
@SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
public final class ModelWorkOptions {
    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Mixin
    private final PoolOptions pool = new PoolOptions();

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description =
                    "Kill each program after this time, 1s to 24h. Default: 30s. Environment: NEUROVISOR_TIMEOUT.")
    private @Nullable String timeout;

    public GuestOptions guest() {
        return guest;
    }
}

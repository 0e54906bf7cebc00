package io.neurovisor.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that has a language model work on a task. */
final class AgentOptions {
    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Mixin
    @SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
    private final PoolOptions pool = new PoolOptions();

    @Mixin
    @SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description =
                    "Kill each program after this time, 1s to 24h. Default: 30s. Environment: NEUROVISOR_TIMEOUT.")
    @SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
    private @Nullable String timeout;

    @Option(names = "--json", description = "Print each event as one JSON object on a line of its own.")
    private boolean json;

    @Option(
            names = "--transcript",
            paramLabel = "FILE",
            description = "Write the whole conversation into this file, as Markdown, as it happens.")
    private @Nullable Path transcript;

    @Option(names = "--no-history", description = "Record nothing of this run.")
    private boolean withoutHistory;

    GuestOptions guest() {
        return guest;
    }

    boolean isJson() {
        return json;
    }

    boolean isQuiet() {
        return guest.common().isQuiet();
    }

    boolean isHistoryKept() {
        return !withoutHistory;
    }

    Optional<Path> transcript() {
        return Optional.ofNullable(transcript);
    }
}

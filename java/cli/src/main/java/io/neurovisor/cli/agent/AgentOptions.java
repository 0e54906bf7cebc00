package io.neurovisor.cli.agent;

import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.cli.options.DaemonOptions;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.cli.options.ModelWorkOptions;
import io.neurovisor.server.setting.SettingGroup;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that lets a language model work on a task. */
@AcceptsSettings({SettingGroup.PUSH, SettingGroup.TRACE})
public final class AgentOptions {
    @Mixin
    private final ModelWorkOptions work = new ModelWorkOptions();

    @Mixin
    private final DaemonOptions daemon = new DaemonOptions();

    @Option(names = "--json", description = "Print each event as one JSON object per line.")
    private boolean json;

    @Option(
            names = "--transcript",
            paramLabel = "FILE",
            description = "Write the conversation into this Markdown file, as it happens.")
    private @Nullable Path transcript;

    @Option(names = "--no-history", description = "Do not record this run.")
    private boolean withoutHistory;

    @Option(
            names = "--stateful",
            description =
                    "Run the code in one sandbox of the daemon, where variables and files persist. sessions resume continues in"
                            + " it.")
    private boolean stateful;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Save the plots and other rich results of a stateful run as files in this directory.")
    private @Nullable Path out;

    GuestOptions guest() {
        return work.guest();
    }

    DaemonOptions daemon() {
        return daemon;
    }

    boolean isJson() {
        return json;
    }

    boolean isQuiet() {
        return guest().common().isQuiet();
    }

    boolean isHistoryKept() {
        return !withoutHistory;
    }

    boolean isStateful() {
        return stateful;
    }

    Optional<Path> out() {
        return Optional.ofNullable(out);
    }

    Optional<Path> transcript() {
        return Optional.ofNullable(transcript);
    }
}

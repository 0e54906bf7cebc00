package io.neurovisor.cli.sandbox;

import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.run.EnvironmentArguments;
import io.neurovisor.cli.run.Launch;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.server.client.sandbox.SandboxRequest;
import io.neurovisor.server.client.sandbox.SandboxView;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Creates a sandbox. */
@Command(
        name = "create",
        description = "Creates a sandbox and prints its id.",
        footer = {"", "Exit codes: 0 it runs; 3 no daemon answers; 125 it could not be created."},
        mixinStandardHelpOptions = true)
final class CreateCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Option(
            names = "--template",
            paramLabel = "TEMPLATE",
            description =
                    "What it is created from: the id or name of a snapshot, or an image. Default: the image of the daemon.")
    private @Nullable String template;

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            completionCandidates = Sizes.class,
            description = "Its size: ${COMPLETION-CANDIDATES}. Default: that of the daemon, or of the snapshot.")
    private @Nullable String size;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "The time after which it ends, 1s to 24h. Default: the daemon's --sandbox-timeout.")
    private @Nullable String timeout;

    @Option(
            names = "--on-timeout",
            paramLabel = "ACTION",
            completionCandidates = Actions.class,
            description = "What happens to it when its time-out passes: ${COMPLETION-CANDIDATES}. Default: kill.")
    private String onTimeout = Actions.KILL;

    @Option(
            names = "--idle-pause",
            paramLabel = "TIME",
            description =
                    "Pause it after this time without commands for it and without work of its programs, 10s to 24h.")
    private @Nullable String idlePause;

    @Option(
            names = "--auto-resume",
            description = "Resume it when a command uses its processes or files while it is paused.")
    private boolean autoResume;

    @Option(
            names = {"-e", "--env"},
            paramLabel = "NAME[=VALUE]",
            description =
                    "Set a variable of the environment of its processes, or pass on one of this environment. Repeatable.")
    private List<String> variables = List.of();

    @Option(
            names = "--metadata",
            paramLabel = "KEY=VALUE",
            description = "A label by which list finds it. Repeatable, up to 64.")
    private List<String> metadata = List.of();

    @Option(
            names = "--cwd",
            paramLabel = "DIR",
            description = "The directory in which its processes start. Default: its home.")
    private @Nullable String directory;

    @Option(names = "--name", paramLabel = "NAME", description = "A name for it, which commands accept as ID.")
    private @Nullable String name;

    @Option(names = "--json", description = "Print the sandbox as one JSON object.")
    private boolean json;

    private final Launch launch;

    CreateCommand(Launch launch) {
        this.launch = launch;
    }

    /** What can happen when the time-out passes. */
    static final class Actions implements Iterable<String> {
        static final String KILL = "kill";
        static final String PAUSE = "pause";

        @Override
        public Iterator<String> iterator() {
            return List.of(KILL, PAUSE).iterator();
        }
    }

    private static boolean isPause(String action) {
        return switch (action) {
            case Actions.PAUSE -> true;
            case Actions.KILL -> false;
            default ->
                throw NeuroVisorException.invalid(
                        "on_timeout", "--on-timeout: \"" + action + "\" is not allowed; use kill or pause");
        };
    }

    static final class Sizes implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(SandboxSize.values()).map(SandboxSize::label).iterator();
        }
    }

    @Override
    public Integer call() {
        SandboxRequest request = new SandboxRequest(
                Optional.ofNullable(template),
                Optional.ofNullable(size),
                SandboxArguments.time("--timeout", timeout),
                EnvironmentArguments.parse(variables, launch.environment().variables()),
                SandboxArguments.metadata(metadata),
                Optional.ofNullable(directory),
                Optional.ofNullable(name),
                isPause(onTimeout),
                autoResume,
                SandboxArguments.time("--idle-pause", idlePause));
        return daemon.call(client -> {
            SandboxView created = client.create(request);
            daemon.print(json ? SandboxText.json(created).toPrettyString() : created.id());
            daemon.remark("sandbox " + created.id() + (created.pausesOnTimeout() ? " is paused at " : " ends at ")
                    + Table.time(created.ends())
                    + " unless its time-out is set again");
            return 0;
        });
    }
}

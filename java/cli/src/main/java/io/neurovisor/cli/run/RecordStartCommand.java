package io.neurovisor.cli.run;

import io.neurovisor.cli.console.ScratchDirectory;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.client.DaemonProcess;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * Runs the programs during which the JVM records the cache of {@link StartupCache}: one in a microVM of this process, then one by
 * a daemon, so that the cache covers both.
 */
@Command(name = RecordStartCommand.NAME, hidden = true)
public final class RecordStartCommand implements Callable<Integer> {
    public static final String NAME = "record-start";

    /** A fixed time limit, independent of the user's settings. */
    private static final List<String> PROGRAM =
            List.of("--quiet", "--timeout=1m", "--language=python", "-c", "print(6*7)");

    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Spec
    private CommandSpec spec;

    private final ToIntFunction<String[]> commandLine;

    /** @param commandLine executes arguments in this JVM and returns the exit code */
    public RecordStartCommand(ToIntFunction<String[]> commandLine) {
        this.commandLine = commandLine;
    }

    @Override
    public Integer call() {
        int exitCode = run(Stream.concat(Stream.of("--daemon=off"), guest.arguments().stream()));
        if (exitCode == 0) {
            byDaemon();
        }
        return exitCode;
    }

    /** A failure is only reported: on a host that cannot run a daemon, the cache covers runs without one. */
    private void byDaemon() {
        try (ScratchDirectory directory = ScratchDirectory.make();
                DaemonProcess _ = DaemonProcess.start(
                        guest.serve(directory.socket(), "--warm=1", "--max=1"), directory.socket())) {
            int _ = run(Stream.of(
                    "--daemon=on",
                    "--socket=" + directory.socket(),
                    "--image=" + guest.config().guest().image(),
                    "--size=" + guest.size().label()));
        } catch (NeuroVisorException exception) {
            spec.commandLine().getErr().println("neurovisor: recorded without a daemon: " + exception.getMessage());
        }
    }

    private int run(Stream<String> options) {
        String[] arguments = Stream.of(Stream.of("run"), options, PROGRAM.stream())
                .flatMap(words -> words)
                .toArray(String[]::new);
        return commandLine.applyAsInt(arguments);
    }
}

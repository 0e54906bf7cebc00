package io.neurovisor.cli.run;

import static java.util.Objects.requireNonNull;

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
 * What the launcher has the JVM record, for {@link StartupCache}: a program in a microVM of its own, then one by a daemon, so that
 * the cache holds what either loads.
 */
@Command(name = RecordStartCommand.NAME, hidden = true)
public final class RecordStartCommand implements Callable<Integer> {
    public static final String NAME = "record-start";

    /** Not what the user allows his programs: the cache is ours. */
    private static final List<String> PROGRAM =
            List.of("--quiet", "--timeout=1m", "--language=python", "-c", "print(6*7)");

    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    private final ToIntFunction<String[]> commandLine;

    /** @param commandLine executes arguments in this JVM and returns the exit code */
    public RecordStartCommand(ToIntFunction<String[]> commandLine) {
        this.commandLine = requireNonNull(commandLine, "commandLine is null");
    }

    @Override
    public Integer call() {
        int alone = run(Stream.concat(Stream.of("--daemon=off"), guest.arguments().stream()));
        if (alone == 0) {
            byDaemon();
        }
        return alone;
    }

    /** A machine on which there can be no daemon has its programs run alone, and starts as fast as it can. */
    private void byDaemon() {
        try (ScratchDirectory directory = ScratchDirectory.make();
                DaemonProcess _ =
                        DaemonProcess.start(guest.serve(directory.socket(), "--warm=1", "--max=1"), directory.socket())) {
            int _ = run(Stream.of(
                    "--daemon=on",
                    "--socket=" + directory.socket(),
                    "--image=" + guest.config().image(),
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

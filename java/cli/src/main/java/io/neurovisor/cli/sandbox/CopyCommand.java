package io.neurovisor.cli.sandbox;

import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.StandardStreams;
import io.neurovisor.cli.copy.CopyProgress;
import io.neurovisor.cli.copy.Download;
import io.neurovisor.cli.copy.Upload;
import io.neurovisor.cli.run.Launch;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.sandbox.SandboxClient;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Copies files to and from a sandbox. */
@Command(
        name = "cp",
        description = {
            "Copies a file or directory to or from a sandbox: one of SOURCE and DESTINATION is ID:PATH.",
            "PATH is absolute or relative to the home of the sandbox. A DESTINATION that is a directory, or ends with a"
                    + " slash, receives the copy under its own name. A file appears when it is complete. Modes are kept;"
                    + " symbolic links are not copied. - is standard input or output."
        },
        footer = {
            "",
            "Exit codes: 0; 1 something was not copied; 2 wrong usage; 3 no daemon answers; 125 the copy failed; 130"
                    + " Ctrl-C."
        },
        mixinStandardHelpOptions = true)
final class CopyCommand implements Callable<Integer> {
    private static final String STREAM = "-";

    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Option(
            names = {"-r", "--recursive"},
            description = "Copy a directory and what it contains.")
    private boolean recursive;

    @Parameters(index = "0", paramLabel = "SOURCE", description = "A local path, ID:PATH or -.")
    private String source = "";

    @Parameters(index = "1", paramLabel = "DESTINATION", description = "A local path, ID:PATH or -.")
    private String destination = "";

    private final Launch launch;

    CopyCommand(Launch launch) {
        this.launch = launch;
    }

    /** A path in a sandbox. */
    private record Remote(String sandbox, String path) {
        /** Returns empty for a local path, which may have a colon after a slash. */
        static Optional<Remote> of(String argument) {
            int colon = argument.indexOf(':');
            if (colon <= 0 || argument.lastIndexOf('/', colon) >= 0) {
                return Optional.empty();
            }
            String path = argument.substring(colon + 1);
            return Optional.of(new Remote(argument.substring(0, colon), path.isEmpty() ? "." : path));
        }
    }

    @Override
    public Integer call() {
        Optional<Remote> from = Remote.of(source);
        Optional<Remote> to = Remote.of(destination);
        if (from.isPresent() == to.isPresent()) {
            throw NeuroVisorException.invalid(
                    "source",
                    from.isPresent()
                            ? "only one of SOURCE and DESTINATION can be in a sandbox"
                            : "one of SOURCE and DESTINATION must be in a sandbox, as ID:PATH");
        }
        return daemon.call(client -> {
            try (ConsoleProgress console = daemon.progress()) {
                CopyProgress progress =
                        new CopyProgress(console, line -> console.between(() -> daemon.problem(line)), Ticker.SYSTEM);
                boolean complete = reportingCopies(
                        console,
                        progress,
                        () -> from.isPresent()
                                ? download(client, from.get(), progress)
                                : upload(client, to.orElseThrow(), progress));
                return complete ? 0 : ExitCode.INCOMPLETE;
            }
        });
    }

    /** Copies; if that fails or is interrupted, says what was copied before. */
    private boolean reportingCopies(ConsoleProgress console, CopyProgress progress, BooleanSupplier copy) {
        try {
            return copy.getAsBoolean();
        } catch (NeuroVisorException failure) {
            long files = progress.files();
            if (files > 0 || failure.fault() == Fault.INTERRUPTED) {
                String copied = files == 0 ? "nothing was" : files == 1 ? "1 file was" : files + " files were";
                console.between(() -> daemon.problem(copied + " copied before the copy ended"));
            }
            throw failure;
        }
    }

    private boolean upload(SandboxClient client, Remote to, CopyProgress progress) {
        Upload upload = new Upload(files(client, to), progress);
        if (source.equals(STREAM)) {
            upload.copy(launch.in(), to.path());
            return true;
        }
        return upload.copy(Path.of(source), to.path(), recursive);
    }

    private boolean download(SandboxClient client, Remote from, CopyProgress progress) {
        Download download = new Download(files(client, from), progress);
        if (destination.equals(STREAM)) {
            StandardStreams streams = new StandardStreams(launch.out(), launch.err(), (_, _, _) -> {});
            download.copy(from.path(), streams::stdout);
            return true;
        }
        return download.copy(from.path(), destination, recursive);
    }

    private GuestFiles files(SandboxClient client, Remote remote) {
        return client.files(daemon.id(client, remote.sandbox()));
    }
}

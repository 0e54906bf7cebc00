package io.neurovisor.cli.bench;

import io.neurovisor.bench.publication.SpeedPublication;
import io.neurovisor.bench.trace.TraceRun;
import io.neurovisor.bench.trace.TracedRequest;
import io.neurovisor.cli.console.Cancellation;
import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.ScratchDirectory;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.cli.options.GuestOptions;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Keeps the spans of one request to a machine that waits. */
@Command(
        name = "trace",
        description = {
            "Runs a daemon, sends it requests one after the other, and keeps the spans that it exports of "
                    + "the median one.",
            "Exit codes: 0 they are kept; 5 no sandbox, 130 cancelled, 2 wrong usage."
        },
        mixinStandardHelpOptions = true)
final class BenchTraceCommand implements Callable<Integer> {
    private static final int MOST = 1000;

    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Option(names = "--requests", paramLabel = "N", description = "How many, 1 to 1000. Default: ${DEFAULT-VALUE}.")
    private int requests = 9;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            description = "Where the spans go. Default: bench/results/spans.json in the repository.")
    private @Nullable Path output;

    @Option(
            names = "--publish",
            description = "Put their picture into docs/performance.md, as bench --publish does with everything.")
    private boolean publish;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (requests < 1 || requests > MOST) {
            throw new ParameterException(spec.commandLine(), "--requests is 1 to " + MOST + ", not " + requests);
        }
        if (publish && output != null) {
            throw new ParameterException(
                    spec.commandLine(), "--publish takes the spans from their usual place: not with --output");
        }
        Path home = CommonOptions.home();
        Path file = output == null ? home.resolve(SpeedPublication.SPANS) : output;
        try (ScratchDirectory scratch = ScratchDirectory.make();
                Cancellation cancellation = Cancellation.unwinding(SpeedMeasurement.PATIENCE)) {
            TraceRun run = new TraceRun(new LauncherCommands(guest), guest.size(), scratch.path());
            TracedRequest median = run.median(requests);
            SpeedPublication.keep(file, median.json(requests, TraceRun.circumstances(guest.size())));
            tell(String.format(Locale.ROOT, "the spans of %.1f ms are in %s", median.millis(), file));
            if (cancellation.isRequested()) {
                return ExitCode.CANCELLED;
            }
        }
        if (publish) {
            new SpeedPublication(home).publish(document -> tell("the picture is in " + document));
        }
        return 0;
    }

    private void tell(String line) {
        guest.common().tell(spec.commandLine().getErr(), line);
    }
}

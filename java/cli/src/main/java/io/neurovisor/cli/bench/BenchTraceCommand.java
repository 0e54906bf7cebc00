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

/** Records the spans of one request to a machine that is ready. */
@Command(
        name = "trace",
        description = {
            "Runs a daemon, sends it requests one after the other, and saves the spans that it exports of the request with "
                    + "the median time.",
            "Exit codes: 0 the spans are saved; 5 no sandbox, 130 cancelled, 2 wrong usage."
        },
        mixinStandardHelpOptions = true)
final class BenchTraceCommand implements Callable<Integer> {
    private static final int MOST = 1000;

    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Option(
            names = "--requests",
            paramLabel = "N",
            description = "The number of requests, 1 to 1000. Default: ${DEFAULT-VALUE}.")
    private int requests = 9;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            description = "The file for the spans. Default: bench/results/spans.json in the repository.")
    private @Nullable Path output;

    @Option(
            names = "--publish",
            description = "Also write their picture into the documents, as bench --publish does with all figures.")
    private boolean publish;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (requests < 1 || requests > MOST) {
            throw new ParameterException(spec.commandLine(), "--requests must be 1 to " + MOST + ", not " + requests);
        }
        if (publish && output != null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--publish reads the spans from their default file; it cannot be combined with --output");
        }
        Path home = CommonOptions.home();
        Path file = output == null ? home.resolve(SpeedPublication.SPANS) : output;
        try (ScratchDirectory scratch = ScratchDirectory.make();
                Cancellation cancellation = Cancellation.unwinding(SpeedMeasurement.PATIENCE)) {
            TraceRun run = new TraceRun(new LauncherCommands(guest), guest.size(), scratch.path());
            TracedRequest median = run.median(requests);
            SpeedPublication.keep(file, median.json(requests, TraceRun.circumstances(guest.size())));
            report(String.format(Locale.ROOT, "the spans of %.1f ms are in %s", median.millis(), file));
            if (cancellation.isRequested()) {
                return ExitCode.CANCELLED;
            }
        }
        if (publish) {
            new SpeedPublication(home).publish(document -> report("the picture is in " + document));
        }
        return 0;
    }

    private void report(String line) {
        guest.common().tell(spec.commandLine().getErr(), line);
    }
}

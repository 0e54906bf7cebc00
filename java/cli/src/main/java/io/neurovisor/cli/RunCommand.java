package io.neurovisor.cli;

import com.fasterxml.uuid.Generators;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.NeuroVisor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs one program in a fresh microVM. */
@Command(
        name = "run",
        description = "Runs one program in a fresh microVM and ends with its exit code.",
        mixinStandardHelpOptions = true,
        customSynopsis = {
            "neurovisor run [OPTIONS] FILE [-- ARGS...]",
            "neurovisor run [OPTIONS] --language LANGUAGE -c CODE [-- ARGS...]"
        })
final class RunCommand implements Callable<Integer> {
    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Option(
            names = {"-l", "--language"},
            paramLabel = "LANGUAGE",
            description = "python (python3) or bash (sh, shell). Default: told by FILE's suffix or #! line.")
    private @Nullable String language;

    @Option(names = "-c", paramLabel = "CODE", description = "The program's text, instead of FILE.")
    private @Nullable String code;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            converter = TimeoutConverter.class,
            description = "Kill the program after this time: seconds, or 90s, 5m, 2h; 1s to 24h. Default: 30s.")
    private Duration timeout = ExecutionRequest.DEFAULT_TIMEOUT;

    @Parameters(
            paramLabel = "FILE ARGS",
            arity = "0..*",
            description = "The program's file (- for standard input), then the program's arguments.")
    private List<String> positionals = List.of();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        TraceId traceId = new TraceId(Generators.timeBasedEpochRandomGenerator().generate());
        ExecutionRequest request = new ExecutionRequest(
                traceId, new ProgramSource(language, code, positionals).program(), timeout, guest.size());
        StandardStreams streams = new StandardStreams();
        try (ConsoleProgress progress = new ConsoleProgress();
                NeuroVisor neuroVisor = NeuroVisor.open(guest.settings(), progress);
                Cancellation cancellation = Cancellation.closing(neuroVisor)) {
            neuroVisor.prepare(guest.size());
            StartupCache.standard().refresh(guest.arguments(), progress);
            progress.done();
            warnOfEmulation(neuroVisor);
            ExecutionResult result = neuroVisor.executions().execute(request, streams);
            explain(result);
            return cancellation.isRequested() ? ExitCode.CANCELLED : ExitCode.of(result.exit());
        } catch (StandardStreams.Closed closed) {
            return ExitCode.OUTPUT_CLOSED;
        }
    }

    private void warnOfEmulation(NeuroVisor neuroVisor) {
        if (!neuroVisor.accelerator().isKvm()) {
            err("no KVM (" + neuroVisor.accelerator().reason()
                    + "): the guest is emulated, which is not a security boundary");
        }
    }

    private void explain(ExecutionResult result) {
        switch (result.outcome()) {
            case COMPLETED -> {}
            case TIMED_OUT -> err("timed out after " + timeout.toSeconds() + " s; allow more with --timeout");
            case OUT_OF_MEMORY ->
                err("out of memory in a guest of size " + guest.size().label() + "; allow more with --size");
            case OUTPUT_LIMIT -> err("killed for writing more output than is allowed");
            case CANCELLED -> err("cancelled");
            case SANDBOX_DIED -> err("the sandbox died: " + result.detail());
            case OUTCOME_UNKNOWN -> err("nobody can say how the program ended: " + result.detail());
        }
        if (result.outcome() == Outcome.TIMED_OUT && !result.detail().isEmpty()) {
            err(result.detail());
        }
    }

    private void err(String line) {
        spec.commandLine().getErr().println("neurovisor: " + line);
    }
}

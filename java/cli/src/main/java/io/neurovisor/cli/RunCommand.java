package io.neurovisor.cli;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.trace.TraceIds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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
    private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);

    @Mixin
    private final ProgramOptions program = new ProgramOptions();

    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "Kill the program after this time: seconds, or 90s, 5m, 2h; 1s to 24h. Default: 30s."
                    + " Environment: NEUROVISOR_TIMEOUT.")
    @SuppressWarnings("UnusedVariable") // CheckedExecution asks picocli for the settings.
    private @Nullable String timeout;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description =
                    "Save the files that the program writes below out/ into this directory: at most 1000 with 64 MiB"
                            + " in all, no links. Files of the same name are replaced.")
    private @Nullable Path out;

    @Option(
            names = "--json",
            description = "Print one JSON object with output, outcome, files and times, instead of the output itself.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        long startNanos = System.nanoTime();
        TraceId traceId = TraceIds.next();
        ExecutionRequest request = new ExecutionRequest(
                traceId, program.program(), guest.config().timeout(), guest.size(), guest.requestedImage());
        try (RunOutput output = RunOutput.of(out, json);
                ConsoleProgress progress = guest.common().progress();
                NeuroVisor neuroVisor = NeuroVisor.open(guest.settings(), progress);
                Cancellation cancellation = Cancellation.closing(neuroVisor)) {
            neuroVisor.prepare(request);
            StartupCache.standard().refresh(guest.arguments(), neuroVisor.workshop(), progress);
            progress.done();
            warnOfEmulation(neuroVisor);
            ExecutionResult result = neuroVisor.executions().execute(request, output.sink());
            LOG.debug(
                    "{} in {}: {} with exit code {}, a sandbox in {} ms, then {} ms",
                    traceId.value(),
                    result.vmId(),
                    result.outcome(),
                    result.exit().exitCode(),
                    result.acquireTime().toMillis(),
                    result.runTime().toMillis());
            ResultNotes notes = new ResultNotes(request, result);
            notes.problems().forEach(this::err);
            notes.remarks().forEach(this::remark);
            output.finish(request, result, neuroVisor, Duration.ofNanos(System.nanoTime() - startNanos))
                    .forEach(this::remark);
            return cancellation.isRequested() ? ExitCode.CANCELLED : ExitCode.of(result.exit());
        } catch (StandardStreams.Closed closed) {
            return ExitCode.OUTPUT_CLOSED;
        }
    }

    private void warnOfEmulation(NeuroVisor neuroVisor) {
        if (!neuroVisor.accelerator().isKvm()) {
            remark("no KVM (" + neuroVisor.accelerator().reason()
                    + "): the guest is emulated, which is not a security boundary");
        }
    }

    /** For what is no error. */
    private void remark(String line) {
        if (!guest.common().isQuiet()) {
            err(line);
        }
    }

    private void err(String line) {
        spec.commandLine().getErr().println("neurovisor: " + line);
    }
}

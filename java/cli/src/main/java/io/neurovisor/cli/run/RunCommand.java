package io.neurovisor.cli.run;

import io.neurovisor.cli.console.Cancellation;
import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.StandardStreams;
import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.cli.options.DaemonOptions;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.SkippedFile;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.host.kvm.Accelerator;
import io.neurovisor.server.client.DaemonClient;
import io.neurovisor.server.client.DaemonResult;
import io.neurovisor.server.config.DaemonUse;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.trace.TraceIds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
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
            "       neurovisor run [OPTIONS] --language LANGUAGE -c CODE [-- ARGS...]"
        })
@AcceptsSettings({SettingGroup.PUSH, SettingGroup.TIMEOUT})
public final class RunCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);

    @Mixin
    private final ProgramOptions program = new ProgramOptions();

    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Mixin
    private final DaemonOptions daemon = new DaemonOptions();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description =
                    "Save the files that the program writes below out/ into this directory: at most 1000 with 64 MiB"
                            + " in all, no links. Files of the same name are replaced.")
    private @Nullable Path out;

    @Option(
            names = "--json",
            arity = "0..1",
            paramLabel = "full",
            fallbackValue = "result",
            converter = JsonForm.Converter.class,
            preprocessor = JsonForm.AttachedOnly.class,
            completionCandidates = JsonForm.Values.class,
            description = "Print one JSON object with output, outcome and files, instead of the output itself."
                    + " --json=full adds the machine, its layers and the times.")
    private JsonForm json = JsonForm.NONE;

    @Spec
    private CommandSpec spec;

    private final Launch launch;

    public RunCommand(Launch launch) {
        this.launch = launch;
    }

    @Override
    public Integer call() {
        long startNanos = System.nanoTime();
        TraceId traceId = TraceIds.next();
        ExecutionRequest request = new ExecutionRequest(
                traceId,
                program.program(launch),
                guest.config().execution().timeout(),
                guest.size(),
                guest.requestedImage());
        RunMetrics metrics = new RunMetrics(guest.config().telemetry().pushgateway(), "neurovisor_run", this::err);
        return metrics.counting(traceId, () -> run(request, metrics, startNanos));
    }

    private int run(ExecutionRequest request, RunMetrics metrics, long startNanos) {
        try (RunOutput output = RunOutput.of(out, json, launch)) {
            Run run = new Run(request, output, metrics, startNanos);
            Optional<Integer> served = byDaemon(run);
            return served.isPresent() ? served.get() : inThisProcess(run);
        } catch (StandardStreams.Closed closed) {
            return ExitCode.OUTPUT_CLOSED;
        }
    }

    private record Run(ExecutionRequest request, RunOutput output, RunMetrics metrics, long startNanos) {
        Run in(SandboxSize size) {
            return new Run(request.in(size), output, metrics, startNanos);
        }
    }

    /** Returns the exit code, or empty if no daemon can run the program; in that case nothing has run yet. */
    private Optional<Integer> byDaemon(Run run) {
        Optional<DaemonClient> connected = daemon.connect(guest.common().loaded(), this::remark);
        if (connected.isEmpty()) {
            return Optional.empty();
        }
        Path socket = guest.config().daemon().socket();
        try (DaemonClient client = connected.get();
                Cancellation cancellation = Cancellation.closing(
                        client::close, signal -> err("ended by " + signal + "; the daemon ends the program"))) {
            return Optional.of(cancellation.guard(() -> {
                DaemonResult result = client.execute(run.request(), run.output().sink());
                run.metrics().executions().executed(run.request(), result.result());
                RunOrigin origin = RunOrigin.of(result, socket);
                remark("run by the daemon at " + socket + " with " + origin.shown());
                warnOfEmulation(origin);
                result.sizeRemark().ifPresent(this::remark);
                return finish(run.in(result.size()), result.result(), origin, cancellation);
            }));
        } catch (NeuroVisorException exception) {
            if (exception.fault() == Fault.IMAGE_NOT_BUILT
                    && guest.config().daemon().use() == DaemonUse.AUTO) {
                remark("the daemon at " + socket + " is not used: " + exception.getMessage());
                return Optional.empty();
            }
            throw exception;
        }
    }

    private int inThisProcess(Run run) {
        try (ConsoleProgress progress = guest.common().progress();
                LocalMachines machines =
                        launch.machines().open(guest, progress, run.metrics().listeners());
                Cancellation cancellation = Cancellation.closing(
                        machines::close, signal -> err("ended by " + signal + "; the machine is removed"))) {
            return cancellation.guard(() -> {
                machines.prepare(run.request());
                progress.done();
                warnOfEmulation(machines.origin());
                ExecutionResult result =
                        machines.execute(run.request(), run.output().sink());
                return finish(run, result, machines.origin(), cancellation);
            });
        }
    }

    private int finish(Run run, ExecutionResult executed, RunOrigin origin, Cancellation cancellation) {
        List<SkippedFile> unsaved = run.output().unsaved();
        ExecutionResult result = executed.with(executed.exit().withSkipped(unsaved));
        LOG.debug(
                "{} in {}: {}, exit code {}; waited {} ms for the machine, ran for {} ms",
                result.traceId().value(),
                result.vmId(),
                result.outcome(),
                result.exit().exitCode(),
                result.acquireTime().toMillis(),
                result.runTime().toMillis());
        ResultNotes notes = new ResultNotes(run.request(), result, cancellation.isRequested());
        notes.problems().forEach(this::err);
        notes.remarks().forEach(this::remark);
        run.output()
                .finish(run.request(), result, origin, Duration.ofNanos(System.nanoTime() - run.startNanos()))
                .forEach(this::remark);
        return cancellation.isRequested() ? ExitCode.CANCELLED : ExitCode.of(result.exit(), !unsaved.isEmpty());
    }

    private void warnOfEmulation(RunOrigin origin) {
        if (origin.isEmulated()) {
            remark(Accelerator.EMULATION_WARNING);
        }
    }

    /** Prints a line that is not an error, unless {@code --quiet} is set. */
    private void remark(String line) {
        if (!guest.common().isQuiet()) {
            err(line);
        }
    }

    private void err(String line) {
        spec.commandLine().getErr().println("neurovisor: " + line);
    }
}

package io.neurovisor.cli.agent;

import io.neurovisor.cli.console.Cancellation;
import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.options.DaemonOptions;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.cli.run.RunMetrics;
import io.neurovisor.engine.execution.ExecutionListeners;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.host.kvm.Accelerator;
import io.neurovisor.server.Listeners;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.client.DaemonClient;
import io.neurovisor.server.client.DaemonResult;
import io.neurovisor.server.trace.Tracing;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** Runs the programs of an agent, in machines of this user's daemon or of this process. Ctrl-C stops them. */
final class AgentMachines implements AutoCloseable {
    private final BiFunction<ExecutionRequest, OutputSink, ExecutionResult> executions;
    private final Cancellation cancellation;
    private final Runnable end;

    private AgentMachines(
            BiFunction<ExecutionRequest, OutputSink, ExecutionResult> executions,
            Cancellation cancellation,
            Runnable end) {
        this.executions = executions;
        this.cancellation = cancellation;
        this.end = end;
    }

    /** @param remark receives lines for the user about the machines */
    static AgentMachines open(
            DaemonOptions daemon,
            GuestOptions guest,
            RunMetrics metrics,
            Tracing tracing,
            ConsoleProgress progress,
            Consumer<String> remark) {
        Optional<DaemonClient> client = daemon.connect(guest.common().loaded(), remark);
        return client.isPresent()
                ? ofDaemon(client.get(), guest.config().daemon().socket(), metrics, tracing, remark)
                : inThisProcess(
                        NeuroVisor.open(guest.settings(), progress, listeners(metrics, tracing)),
                        guest,
                        progress,
                        remark);
    }

    private static Listeners listeners(RunMetrics metrics, Tracing tracing) {
        return new Listeners(
                metrics.listeners().machines(),
                new ExecutionListeners(List.of(metrics.executions(), tracing.executions())));
    }

    private static AgentMachines ofDaemon(
            DaemonClient client, Path socket, RunMetrics metrics, Tracing tracing, Consumer<String> remark) {
        remark.accept("programs are run by the daemon at " + socket);
        Set<String> remarks = ConcurrentHashMap.newKeySet();
        return new AgentMachines(
                (request, sink) -> {
                    DaemonResult result = client.execute(tracing, request, sink);
                    metrics.executions().executed(request, result.result());
                    if (!Accelerator.isKvm(result.accelerator()) && remarks.add(Accelerator.EMULATION_WARNING)) {
                        remark.accept(Accelerator.EMULATION_WARNING);
                    }
                    result.sizeRemark().filter(remarks::add).ifPresent(remark);
                    return result.result();
                },
                Cancellation.ofDaemonsWork(),
                client::close);
    }

    private static AgentMachines inThisProcess(
            NeuroVisor neuroVisor, GuestOptions guest, ConsoleProgress progress, Consumer<String> remark) {
        AgentMachines machines = new AgentMachines(
                neuroVisor.executions()::execute, Cancellation.closing(neuroVisor::close), neuroVisor::close);
        boolean prepared = false;
        try {
            // The template of the default image is made before the first call, not while the model waits for a result.
            neuroVisor.prepare(guest.size());
            progress.done();
            neuroVisor.pool().keepWarm();
            if (!neuroVisor.accelerator().isKvm()) {
                remark.accept(Accelerator.EMULATION_WARNING);
            }
            prepared = true;
            return machines;
        } finally {
            if (!prepared) {
                machines.close();
            }
        }
    }

    BiFunction<ExecutionRequest, OutputSink, ExecutionResult> executions() {
        return executions;
    }

    /** Returns whether Ctrl-C or SIGTERM has cancelled the command. */
    boolean isCancelled() {
        return cancellation.isRequested();
    }

    @Override
    public void close() {
        cancellation.close();
        end.run();
    }
}

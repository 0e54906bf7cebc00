package io.neurovisor.cli.agent;

import io.neurovisor.agent.loop.CodeRunner;
import io.neurovisor.cli.console.Cancellation;
import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.options.DaemonOptions;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.cli.run.RunMetrics;
import io.neurovisor.engine.execution.ExecutionListeners;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.host.kvm.Accelerator;
import io.neurovisor.server.Listeners;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.agent.AgentSandbox;
import io.neurovisor.server.agent.AgentSandboxes;
import io.neurovisor.server.client.DaemonClient;
import io.neurovisor.server.client.DaemonResult;
import io.neurovisor.server.client.sandbox.SandboxClient;
import io.neurovisor.server.trace.Tracing;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** Runs the code of an agent, in machines or a sandbox of this user's daemon, or in machines of this process. Ctrl-C stops it. */
final class AgentMachines implements AutoCloseable {
    private final CodeRunner runner;
    private final Optional<AgentSandbox> sandbox;
    private final Cancellation cancellation;
    private final Runnable end;

    private AgentMachines(CodeRunner runner, Optional<AgentSandbox> sandbox, Cancellation cancellation, Runnable end) {
        this.runner = runner;
        this.sandbox = sandbox;
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
                ? ofDaemon(client.get(), guest, metrics, tracing, remark)
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
            DaemonClient client, GuestOptions guest, RunMetrics metrics, Tracing tracing, Consumer<String> remark) {
        remark.accept(
                "programs are run by the daemon at " + guest.config().daemon().socket());
        Set<String> remarks = ConcurrentHashMap.newKeySet();
        BiFunction<ExecutionRequest, OutputSink, ExecutionResult> executions = (request, sink) -> {
            DaemonResult result = client.execute(tracing, request, sink);
            metrics.executions().executed(request, result.result());
            if (!Accelerator.isKvm(result.accelerator()) && remarks.add(Accelerator.EMULATION_WARNING)) {
                remark.accept(Accelerator.EMULATION_WARNING);
            }
            result.sizeRemark().filter(remarks::add).ifPresent(remark);
            return result.result();
        };
        return new AgentMachines(
                Agents.runner(executions, guest), Optional.empty(), Cancellation.ofDaemonsWork(), client::close);
    }

    private static AgentMachines inThisProcess(
            NeuroVisor neuroVisor, GuestOptions guest, ConsoleProgress progress, Consumer<String> remark) {
        AgentMachines machines = new AgentMachines(
                Agents.runner(neuroVisor.executions()::execute, guest),
                Optional.empty(),
                Cancellation.closing(neuroVisor::close),
                neuroVisor::close);
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

    /**
     * Runs the code in one sandbox of the daemon.
     *
     * @param earlier the sandbox of the session that the run continues
     * @param isWanted whether there may be a new one if it has ended
     */
    static AgentMachines inSandbox(
            GuestOptions guest, Optional<String> earlier, boolean isWanted, TraceId trace, Consumer<String> remark) {
        DaemonOptions.require(guest.common().loaded(), "a stateful run");
        SandboxClient client = SandboxClient.connect(guest.config().daemon().socket(), Optional.empty());
        Optional<AgentSandbox> opened = Optional.empty();
        try {
            opened = AgentSandbox.open(
                    new ClientAgentSandboxes(client),
                    earlier,
                    isWanted,
                    new AgentSandboxes.Wanted(
                            guest.size(),
                            guest.requestedImage(),
                            guest.config().agent().timeout(),
                            Map.of("agent_trace_id", trace.toString())),
                    remark);
            AgentSandbox sandbox = opened.orElseThrow();
            remark.accept(
                    sandbox.isReplacement()
                            ? "the sandbox of the session has ended; this run has the new sandbox " + sandbox.id()
                            : "the code is run in sandbox " + sandbox.id());
            return new AgentMachines(
                    sandbox.runner(guest.config().execution().timeout()), opened, Cancellation.ofDaemonsWork(), () -> {
                        try (client) {
                            sandbox.close();
                        }
                    });
        } finally {
            if (opened.isEmpty()) {
                client.close();
            }
        }
    }

    /** Returns the sandbox; empty if each program has a fresh machine. */
    Optional<AgentSandbox> sandbox() {
        return sandbox;
    }

    CodeRunner runner() {
        return runner;
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

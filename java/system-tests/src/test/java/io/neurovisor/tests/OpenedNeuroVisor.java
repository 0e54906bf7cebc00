package io.neurovisor.tests;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.testkit.RecordingSink;
import io.neurovisor.testkit.TestPools;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** The whole product in this JVM, as a Java developer embeds it; what the command line would start anew for each run. */
final class OpenedNeuroVisor implements AutoCloseable {
    private final NeuroVisor neuroVisor;

    private OpenedNeuroVisor(NeuroVisor neuroVisor) {
        this.neuroVisor = neuroVisor;
    }

    static OpenedNeuroVisor open() {
        return open(Map.of());
    }

    /** One that keeps machines ready, as a node does: the settings are those of its flags. */
    static OpenedNeuroVisor node(Map<String, String> flags) {
        OpenedNeuroVisor node = open(flags);
        node.neuroVisor.pool().keepWarm();
        return node;
    }

    private static OpenedNeuroVisor open(Map<String, String> flags) {
        Map<String, String> patient = new HashMap<>(flags);
        // A machine of the lab's may take longer than a client waits.
        patient.put("acquire-timeout", "2m");
        return new OpenedNeuroVisor(NeuroVisor.open(TestMachines.settings(patient), Progress.SILENT));
    }

    VmmIdentity vmm() {
        return neuroVisor.vmm();
    }

    FinishedProgram run(Program program, SandboxSize size, Duration timeout) {
        return run(neuroVisor.executions(), program, size, timeout);
    }

    /** The same in a sandbox that was primed with another program. */
    FinishedProgram runPrimed(Program primer, Program program, SandboxSize size, Duration timeout) {
        try (Lease lease = neuroVisor.pool().lease(neuroVisor.prepare(size))) {
            lease.sandbox().prime(primer, Deadline.after(timeout, Ticker.SYSTEM));
            return run(TestPools.executionIn(lease.sandbox()), program, size, timeout);
        }
    }

    private static FinishedProgram run(Executions executions, Program program, SandboxSize size, Duration timeout) {
        RecordingSink sink = new RecordingSink();
        ExecutionRequest request = new ExecutionRequest(new TraceId(UUID.randomUUID()), program, timeout, size);
        ExecutionResult result = executions.execute(request, sink);
        return new FinishedProgram(result, sink);
    }

    @Override
    public void close() {
        neuroVisor.close();
    }
}

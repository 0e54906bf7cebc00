package io.neurovisor.tests;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.Settings;
import io.neurovisor.testkit.RecordingSink;
import java.time.Duration;
import java.util.UUID;

/** The whole product in this JVM, as a Java developer embeds it; what the command line would start anew for each run. */
final class OpenedNeuroVisor implements AutoCloseable {
    private final NeuroVisor neuroVisor;

    private OpenedNeuroVisor(NeuroVisor neuroVisor) {
        this.neuroVisor = neuroVisor;
    }

    static OpenedNeuroVisor open() {
        Settings settings =
                new Settings(CommandLineRun.home(), TestMachines.dataDirectory(), "base", SandboxSize.SMALL, true);
        return new OpenedNeuroVisor(NeuroVisor.open(settings, Progress.SILENT));
    }

    FinishedProgram run(Program program, SandboxSize size, Duration timeout) {
        RecordingSink sink = new RecordingSink();
        ExecutionRequest request = new ExecutionRequest(new TraceId(UUID.randomUUID()), program, timeout, size);
        ExecutionResult result = neuroVisor.executions().execute(request, sink);
        return new FinishedProgram(result, sink);
    }

    @Override
    public void close() {
        neuroVisor.close();
    }
}

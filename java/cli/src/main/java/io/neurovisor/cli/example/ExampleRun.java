package io.neurovisor.cli.example;

import static java.util.Objects.requireNonNull;

import com.fasterxml.uuid.Generators;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.trace.TraceId;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;

/** What an example works with: sandboxes, and a protocol of what was found. */
public final class ExampleRun {
    private final Executions executions;
    private final SandboxSize size;
    private final PrintWriter out;
    private boolean held = true;

    public ExampleRun(Executions executions, SandboxSize size, PrintWriter out) {
        this.executions = requireNonNull(executions, "executions is null");
        this.size = requireNonNull(size, "size is null");
        this.out = requireNonNull(out, "out is null");
    }

    /** Runs a program in a sandbox of its own, as {@code run} does. */
    ExecutionResult execute(Language language, String code, Duration timeout, OutputSink sink) {
        TraceId traceId = new TraceId(Generators.timeBasedEpochRandomGenerator().generate());
        return executions.execute(
                new ExecutionRequest(traceId, new Program(language, code, List.of()), timeout, size), sink);
    }

    /** Prints what was found, and remembers it when it is not what was promised. */
    void check(boolean asPromised, String finding) {
        held &= asPromised;
        out.println((asPromised ? "  ok      " : "  BROKEN  ") + finding);
        out.flush();
    }

    /** Whether everything was as promised. */
    public boolean isHeld() {
        return held;
    }
}

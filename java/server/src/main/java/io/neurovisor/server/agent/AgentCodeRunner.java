package io.neurovisor.server.agent;

import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.loop.CodeRunner;
import io.neurovisor.agent.loop.ExcerptBuffer;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.server.trace.TraceScope;
import io.opentelemetry.context.Context;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiFunction;

/** Runs a model's programs, each in its own machine. */
public final class AgentCodeRunner implements CodeRunner {
    /** The size of the excerpt at each end of an output; more than a model is ever shown. */
    private static final int EXCERPT_BYTES = 64 << 10;

    /** Between the time to lease a ready machine and the far longer time to start one. */
    private static final Duration READY = Duration.ofMillis(20);

    private final BiFunction<ExecutionRequest, OutputSink, ExecutionResult> executions;
    private final SandboxSize size;
    private final Duration timeout;
    private final Optional<String> image;
    private final Context context = Context.current();

    /**
     * Creates the runner of one task. The programs' spans become children of the current span.
     *
     * @param executions such as {@code Executions::execute}
     * @param image empty for an image that has the program's language
     */
    public AgentCodeRunner(
            BiFunction<ExecutionRequest, OutputSink, ExecutionResult> executions,
            SandboxSize size,
            Duration timeout,
            Optional<String> image) {
        this.executions = executions;
        this.size = size;
        this.timeout = timeout;
        this.image = image;
    }

    @Override
    public CodeResult run(CodeRequest request) {
        Excerpts excerpts = new Excerpts();
        ExecutionResult result;
        try (TraceScope _ = TraceScope.open(request.traceId(), context)) {
            result = executions.apply(
                    new ExecutionRequest(
                            request.traceId(), new Program(request.language(), request.code()), timeout, size, image),
                    excerpts);
        }
        Duration acquired = result.acquireTime();
        return new CodeResult(
                result.outcome(),
                result.exit().exitCode(),
                result.exit().duration(),
                excerpts.out.excerpt(),
                excerpts.err.excerpt(),
                acquired.compareTo(READY) < 0 ? Optional.empty() : Optional.of(acquired),
                result.detail());
    }

    /** Keeps the ends of the output. A conversation cannot carry files from {@code out/}, so they are dropped. */
    private static final class Excerpts implements OutputSink {
        private final ExcerptBuffer out = new ExcerptBuffer(EXCERPT_BYTES);
        private final ExcerptBuffer err = new ExcerptBuffer(EXCERPT_BYTES);

        @Override
        public void stdout(ByteBuffer bytes) {
            out.append(bytes);
        }

        @Override
        public void stderr(ByteBuffer bytes) {
            err.append(bytes);
        }

        @Override
        public void file(String path, ByteBuffer part, boolean last) {}
    }
}

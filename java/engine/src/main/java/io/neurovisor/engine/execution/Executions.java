package io.neurovisor.engine.execution;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxRun;
import io.neurovisor.engine.sandbox.Sandboxes;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.function.Function;

/**
 * Runs programs: the one orchestration that every door calls. Each execution gets a sandbox that has served nobody and
 * is destroyed before the result is returned. Safe for use by many threads.
 */
public final class Executions {
    /** How long a request may wait for its sandbox. */
    static final Duration ACQUIRE_TIMEOUT = Duration.ofSeconds(30);

    private final Function<ExecutionRequest, Sandboxes> sandboxesFor;
    private final Ticker ticker;

    public Executions(Sandboxes sandboxes, Ticker ticker) {
        this(request -> sandboxes, ticker);
        requireNonNull(sandboxes, "sandboxes is null");
    }

    /** @param sandboxesFor may take its time to build an image or template; that does not count as waiting for a sandbox */
    public Executions(Function<ExecutionRequest, Sandboxes> sandboxesFor, Ticker ticker) {
        this.sandboxesFor = requireNonNull(sandboxesFor, "sandboxesFor is null");
        this.ticker = requireNonNull(ticker, "ticker is null");
    }

    /** Blocks until the program has ended, however it ended; throws when no sandbox could be had. */
    public ExecutionResult execute(ExecutionRequest request, OutputSink sink) {
        long startNanos = ticker.nanos();
        Sandboxes sandboxes = sandboxesFor.apply(request);
        try (Sandbox sandbox = sandboxes.open(request.size(), Deadline.after(ACQUIRE_TIMEOUT, ticker))) {
            long readyNanos = ticker.nanos();
            SandboxRun run = sandbox.run(request.program(), request.timeout(), request.traceId(), sink);
            return new ExecutionResult(
                    request.traceId(),
                    run.exit(),
                    sandbox.vmId(),
                    sandbox.start(),
                    sandbox.layers(),
                    Duration.ofNanos(readyNanos - startNanos),
                    Duration.ofNanos(ticker.nanos() - readyNanos),
                    run.detail());
        }
    }
}

package io.neurovisor.server.grpc.execution;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteMetadata;
import io.neurovisor.proto.execution.Outcome;
import io.neurovisor.server.grpc.guard.InboundMemory;
import io.neurovisor.server.grpc.guard.PendingResponse;
import io.neurovisor.server.journal.BeginResult;
import io.neurovisor.server.journal.ExecutionJournal;
import io.neurovisor.server.journal.ExecutionKey;
import io.neurovisor.server.trace.TraceScope;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Executions with an idempotency key, which run at most once however often they are requested. Each runs in its own
 * thread, which a disconnect does not interrupt. All clients that request it receive all its output.
 */
public final class KeyedExecutions {
    private static final Logger LOG = LoggerFactory.getLogger(KeyedExecutions.class);

    private final ExecutionJournal journal;
    private final Map<ExecutionKey, JournaledExecution> running = new ConcurrentHashMap<>();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

    public KeyedExecutions(ExecutionJournal journal) {
        this.journal = journal;
    }

    @FunctionalInterface
    interface Work {
        ExecuteMetadata run(ExecutionRequest request, JournaledOutput output);
    }

    /**
     * Delivers the output of the execution, which is started unless it was requested before.
     *
     * @param digest of the request
     * @param whole whether the client receives one message, whose memory is reserved before any output is read
     */
    void serve(
            ExecutionKey key,
            String digest,
            ExecutionRequest request,
            Work work,
            boolean whole,
            Consumer<ExecuteChunk> client) {
        JournaledChunks written = new JournaledChunks(journal, key, PendingResponse.current());
        AtomicReference<BeginResult> begun = new AtomicReference<>(new BeginResult.Running());
        // Atomic, so that only one caller per key asks the journal.
        JournaledExecution execution = running.compute(key, (_, known) -> {
            if (known != null) {
                return sameRequest(known, digest);
            }
            begun.set(journal.begin(key, digest));
            return begun.get() instanceof BeginResult.First ? new JournaledExecution(journal, key, digest) : null;
        });
        switch (begun.get()) {
            case BeginResult.First _ -> {
                start(key, request, work, requireNonNull(execution, "the execution is missing"));
                listen(execution, written, whole, client);
            }
            case BeginResult.Running _ when execution != null -> listen(execution, written, whole, client);
            case BeginResult.Running _ ->
                throw new NeuroVisorException(
                        Fault.EXECUTION_ELSEWHERE,
                        "the execution runs in another process with this data directory, or its output could not be stored; it is not run again");
            case BeginResult.Ended(List<Integer> partBytes) -> replay(partBytes, written, whole, client);
            case BeginResult.Lost _ -> client.accept(lost(request));
        }
    }

    private static JournaledExecution sameRequest(JournaledExecution known, String digest) {
        if (!known.digest().equals(digest)) {
            throw ExecutionKey.reused();
        }
        return known;
    }

    private void start(ExecutionKey key, ExecutionRequest request, Work work, JournaledExecution execution) {
        InboundMemory.Hold held = InboundMemory.current().hold();
        Context context = Context.current();
        Thread thread = Thread.ofVirtual().unstarted(() -> {
            try (held;
                    TraceScope _ = TraceScope.open(request.traceId(), context)) {
                run(key, request, work, execution);
            } finally {
                running.remove(key, execution);
                threads.remove(Thread.currentThread());
            }
        });
        threads.add(thread);
        thread.start();
    }

    private void run(ExecutionKey key, ExecutionRequest request, Work work, JournaledExecution execution) {
        JournaledOutput output = new JournaledOutput(execution::add);
        ExecuteChunk last;
        try {
            last = output.last(work.run(request, output));
        } catch (RuntimeException failure) {
            if (isBeforeAnyProgram(failure)) {
                withdraw(key);
                execution.fail(failure);
            } else {
                execution.fail(failure, lost(request));
            }
            return;
        }
        execution.end(last);
    }

    /**
     * Returns whether the program certainly did not start. After the start, these faults can only come from the
     * cleanup.
     */
    private static boolean isBeforeAnyProgram(RuntimeException failure) {
        return switch (failure) {
            case NeuroVisorException known ->
                known.fault() != Fault.INTERNAL
                        && known.fault() != Fault.SPAWNER_FAILED
                        && known.fault() != Fault.JOURNAL_UNUSABLE
                        && known.fault() != Fault.TOOL_FAILED;
            default -> false;
        };
    }

    private void withdraw(ExecutionKey key) {
        try {
            journal.withdraw(key);
        } catch (NeuroVisorException failure) {
            LOG.error("the idempotency key cannot be released: {}", failure.getMessage());
        }
    }

    private static void listen(
            JournaledExecution execution, JournaledChunks written, boolean whole, Consumer<ExecuteChunk> client) {
        if (whole) {
            written.takeWhole(execution.awaitEnd());
        }
        execution.listen(written, client);
    }

    private static void replay(
            List<Integer> partBytes, JournaledChunks written, boolean whole, Consumer<ExecuteChunk> client) {
        if (whole) {
            written.takeWhole(partBytes);
        }
        for (int part = 0; part < partBytes.size(); part++) {
            written.read(part, partBytes.get(part)).forEach(client);
        }
    }

    private static ExecuteChunk lost(ExecutionRequest request) {
        return ExecuteChunk.newBuilder()
                .setIsFinal(true)
                .setMetadata(ExecuteMetadata.newBuilder()
                        .setOutcome(Outcome.OUTCOME_UNKNOWN)
                        .setTraceId(request.traceId().toString()))
                .build();
    }

    /**
     * Waits for all running executions, after new ones are no longer accepted. Returns false if the deadline passes
     * first.
     */
    public boolean awaitEnd(Deadline deadline) throws InterruptedException {
        for (Thread thread : threads) {
            if (!thread.join(deadline.remaining())) {
                return false;
            }
        }
        return true;
    }

    public void stopNow() {
        threads.forEach(Thread::interrupt);
    }
}

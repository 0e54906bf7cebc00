package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteMetadata;
import io.neurovisor.proto.execution.Outcome;
import io.neurovisor.server.journal.Begun;
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
 * Executions that a client names by a key, so that asking again runs nothing again. Each is run by a thread of its own, which
 * the client's end does not end; whoever asks for it hears all that it says.
 */
public final class KeyedExecutions {
    private static final Logger LOG = LoggerFactory.getLogger(KeyedExecutions.class);

    private final ExecutionJournal journal;
    private final Map<ExecutionKey, KeptExecution> running = new ConcurrentHashMap<>();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

    public KeyedExecutions(ExecutionJournal journal) {
        this.journal = requireNonNull(journal, "journal is null");
    }

    /** Runs a program; the last chunk's metadata is its result. */
    @FunctionalInterface
    interface Work {
        ExecuteMetadata run(ExecutionRequest request, KeptOutput output);
    }

    /**
     * Has the execution run, unless it was before, and tells everything about it.
     *
     * @param digest of what the client has sent
     * @param whole whether the client gets the answer as one message, for which there must be memory before any of it is read
     */
    void serve(
            ExecutionKey key,
            String digest,
            ExecutionRequest request,
            Work work,
            boolean whole,
            Consumer<ExecuteChunk> client) {
        KeptChunks written = new KeptChunks(journal, key, Answer.current());
        AtomicReference<Begun> begun = new AtomicReference<>(new Begun.Running());
        // In one step: who finds nothing here asks the journal before anybody else does.
        KeptExecution kept = running.compute(key, (_, known) -> {
            if (known != null) {
                return sameRequest(known, digest);
            }
            begun.set(journal.begin(key, digest));
            return begun.get() instanceof Begun.First ? new KeptExecution(journal, key, digest) : null;
        });
        switch (begun.get()) {
            case Begun.First _ -> {
                start(key, request, work, requireNonNull(kept, "it was made"));
                listen(kept, written, whole, client);
            }
            case Begun.Running _ when kept != null -> listen(kept, written, whole, client);
            case Begun.Running _ ->
                throw new NeuroVisorException(
                        Fault.EXECUTION_ELSEWHERE,
                        "it runs in another process of this data directory, or its answer could not be kept; it is not run again");
            case Begun.Ended(List<Integer> partBytes) -> replay(partBytes, written, whole, client);
            case Begun.Lost _ -> client.accept(lost(request));
        }
    }

    private static KeptExecution sameRequest(KeptExecution known, String digest) {
        if (!known.digest().equals(digest)) {
            throw ExecutionKey.reused();
        }
        return known;
    }

    private void start(ExecutionKey key, ExecutionRequest request, Work work, KeptExecution kept) {
        InboundMemory.Hold held = InboundMemory.current().hold();
        Context context = Context.current();
        Thread thread = Thread.ofVirtual().unstarted(() -> {
            try (held;
                    TraceScope _ = TraceScope.open(request.traceId(), context)) {
                run(key, request, work, kept);
            } finally {
                running.remove(key, kept);
                threads.remove(Thread.currentThread());
            }
        });
        threads.add(thread);
        thread.start();
    }

    private void run(ExecutionKey key, ExecutionRequest request, Work work, KeptExecution kept) {
        KeptOutput output = new KeptOutput(kept::add);
        ExecuteChunk last;
        try {
            last = output.last(work.run(request, output));
        } catch (RuntimeException failure) {
            if (isBeforeAnyProgram(failure)) {
                withdraw(key);
                kept.fail(failure);
            } else {
                kept.fail(failure, lost(request));
            }
            return;
        }
        kept.end(last);
    }

    /** Whatever happens to a program that was started is its outcome; what else fails then has failed to clean up. */
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
            LOG.error("its key is not free again: {}", failure.getMessage());
        }
    }

    private static void listen(KeptExecution kept, KeptChunks written, boolean whole, Consumer<ExecuteChunk> client) {
        if (whole) {
            written.takeWhole(kept.awaitEnd());
        }
        kept.listen(written, client);
    }

    private static void replay(
            List<Integer> partBytes, KeptChunks written, boolean whole, Consumer<ExecuteChunk> client) {
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

    /** Waits for all that run, when no more can begin; false when the deadline came first. */
    public boolean awaitEnd(Deadline deadline) throws InterruptedException {
        for (Thread thread : threads) {
            if (!thread.join(deadline.remaining())) {
                return false;
            }
        }
        return true;
    }

    /** Cancels all that run. */
    public void stopNow() {
        threads.forEach(Thread::interrupt);
    }
}

package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.proto.execution.ExecuteChunk;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What an execution that may have many listeners has said so far. Each hears all of it from the beginning. */
final class KeptExecution {
    private final String digest;
    private final Lock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Guarded by the lock.
    private final List<ExecuteChunk> chunks = new ArrayList<>();
    private @Nullable RuntimeException failure;
    private boolean ended;

    /** @param digest of what the client has sent */
    KeptExecution(String digest) {
        this.digest = requireNonNull(digest, "digest is null");
    }

    String digest() {
        return digest;
    }

    void add(ExecuteChunk chunk) {
        change(() -> chunks.add(requireNonNull(chunk, "chunk is null")));
    }

    void end() {
        change(() -> ended = true);
    }

    /** Every listener hears of it. */
    void fail(RuntimeException reason) {
        change(() -> failure = requireNonNull(reason, "reason is null"));
    }

    List<ExecuteChunk> chunks() {
        lock.lock();
        try {
            return List.copyOf(chunks);
        } finally {
            lock.unlock();
        }
    }

    /** Returns when the execution has ended and the listener has heard everything, which may take it as long as it likes. */
    void listen(Consumer<ExecuteChunk> listener) {
        int next = 0;
        for (Optional<ExecuteChunk> chunk = await(next); chunk.isPresent(); chunk = await(++next)) {
            listener.accept(chunk.get());
        }
    }

    private Optional<ExecuteChunk> await(int next) {
        lock.lock();
        try {
            while (chunks.size() <= next && !ended && failure == null) {
                changed.await();
            }
            if (chunks.size() > next) {
                return Optional.of(chunks.get(next));
            }
            if (failure != null) {
                throw failure;
            }
            return Optional.empty();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new NeuroVisorException(Fault.INTERRUPTED, "the client has gone", exception);
        } finally {
            lock.unlock();
        }
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}

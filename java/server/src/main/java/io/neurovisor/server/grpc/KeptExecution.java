package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.server.journal.ExecutionJournal;
import io.neurovisor.server.journal.ExecutionKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The answer of a running execution that may have many listeners, each of which gets all of it from the beginning. What has been
 * said lies in the journal, of which each listener reads a part at a time; only what has come since the last part was written is
 * in memory.
 */
final class KeptExecution {
    private static final Logger LOG = LoggerFactory.getLogger(KeptExecution.class);

    /** After so much a part is written: each time the disk is waited for. */
    static final int PART_BYTES = 256 << 10;

    private final ExecutionJournal journal;
    private final ExecutionKey key;
    private final String digest;
    private final Lock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Changed by the execution's thread alone, and under the lock.
    private final List<Integer> partBytes = new ArrayList<>();
    private final List<ExecuteChunk> rest = new ArrayList<>();
    private @Nullable RuntimeException failure;
    private boolean ended;

    // Of the execution's thread.
    private int restBytes;
    private boolean unwritable;

    /** What a listener finds. */
    private sealed interface News {
        /** Another part of that size has been written. */
        record Written(int bytes) implements News {}

        record Said(ExecuteChunk chunk) implements News {}

        record Ended() implements News {}
    }

    /** @param digest of what the client has sent */
    KeptExecution(ExecutionJournal journal, ExecutionKey key, String digest) {
        this.journal = requireNonNull(journal, "journal is null");
        this.key = requireNonNull(key, "key is null");
        this.digest = requireNonNull(digest, "digest is null");
    }

    String digest() {
        return digest;
    }

    /** Returns false for a chunk that is left out, because the one before could not be written or exceeds the tenant's share. */
    boolean add(ExecuteChunk chunk) {
        if (unwritable) {
            return false;
        }
        change(() -> rest.add(chunk));
        restBytes += chunk.getSerializedSize();
        if (restBytes >= PART_BYTES) {
            unwritable = !write(rest, false);
        }
        return true;
    }

    /**
     * Ends with this chunk, which is on the disk before any listener gets it, because a later request must get the same. If it
     * cannot be written the listeners still get it, and a later request is refused with a delay: the program never runs again.
     */
    void end(ExecuteChunk last) {
        if (!write(with(last), true)) {
            change(() -> rest.add(last));
        }
        change(() -> ended = true);
    }

    /** Fails for all listeners. A later request gets what has been said before, then this chunk. */
    void fail(RuntimeException reason, ExecuteChunk last) {
        List<ExecuteChunk> all = with(last);
        fail(reason);
        boolean _ = write(all, true);
    }

    /** Fails for all listeners. */
    void fail(RuntimeException reason) {
        change(() -> failure = requireNonNull(reason, "reason is null"));
    }

    private List<ExecuteChunk> with(ExecuteChunk last) {
        List<ExecuteChunk> all = new ArrayList<>(rest);
        all.add(last);
        return all;
    }

    private boolean write(List<ExecuteChunk> chunks, boolean last) {
        byte[] bytes = KeptChunks.bytes(chunks);
        try {
            if (last) {
                journal.end(key, partBytes.size(), bytes);
            } else {
                journal.append(key, partBytes.size(), bytes);
            }
        } catch (NeuroVisorException exception) {
            if (exception.fault() == Fault.JOURNAL_FULL) {
                LOG.info("its answer is cut: {}", exception.getMessage());
            } else {
                LOG.error("its answer is not kept: {}", exception.getMessage());
            }
            return false;
        }
        restBytes = 0;
        change(() -> {
            partBytes.add(bytes.length);
            rest.clear();
        });
        return true;
    }

    /** Returns the sizes of all parts when the execution has ended. */
    List<Integer> awaitEnd() {
        lock.lock();
        try {
            while (failure == null && !ended) {
                changed.await();
            }
            if (failure != null) {
                throw failure;
            }
            return List.copyOf(partBytes);
        } catch (InterruptedException exception) {
            throw gone(exception);
        } finally {
            lock.unlock();
        }
    }

    /** Returns when the execution has ended and the listener has got everything, which may take it as long as it likes. */
    void listen(KeptChunks written, Consumer<ExecuteChunk> listener) {
        int part = 0;
        int next = 0;
        while (true) {
            switch (await(part, next)) {
                case News.Written(int bytes) -> {
                    List<ExecuteChunk> chunks = written.read(part, bytes);
                    chunks.subList(next, chunks.size()).forEach(listener);
                    part++;
                    next = 0;
                }
                case News.Said(ExecuteChunk chunk) -> {
                    listener.accept(chunk);
                    next++;
                }
                case News.Ended _ -> {
                    return;
                }
            }
        }
    }

    /** @param next of the chunks of that part */
    private News await(int part, int next) {
        lock.lock();
        try {
            while (failure == null && partBytes.size() == part && rest.size() == next && !ended) {
                changed.await();
            }
            if (failure != null) {
                throw failure;
            }
            if (partBytes.size() > part) {
                return new News.Written(partBytes.get(part));
            }
            return rest.size() > next ? new News.Said(rest.get(next)) : new News.Ended();
        } catch (InterruptedException exception) {
            throw gone(exception);
        } finally {
            lock.unlock();
        }
    }

    private static NeuroVisorException gone(InterruptedException exception) {
        Thread.currentThread().interrupt();
        return new NeuroVisorException(Fault.INTERRUPTED, "the client has gone", exception);
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

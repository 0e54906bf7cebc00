package io.neurovisor.server.grpc.execution;

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
 * The output of a running execution, delivered from the beginning to any number of listeners. Earlier parts are in the
 * journal, from which each listener reads one at a time; only chunks since the last stored part are in memory.
 */
final class JournaledExecution {
    private static final Logger LOG = LoggerFactory.getLogger(JournaledExecution.class);

    /** The size at which a part is stored. Each part costs one synchronous write. */
    static final int PART_BYTES = 256 << 10;

    private final ExecutionJournal journal;
    private final ExecutionKey key;
    private final String digest;
    private final Lock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Written only by the execution's thread, and under the lock.
    private final List<Integer> partBytes = new ArrayList<>();
    private final List<ExecuteChunk> rest = new ArrayList<>();
    private @Nullable RuntimeException failure;
    private boolean ended;

    // Confined to the execution's thread.
    private int restBytes;
    private boolean unwritable;

    private sealed interface Event {
        record Part(int bytes) implements Event {}

        record Chunk(ExecuteChunk chunk) implements Event {}

        record Ended() implements Event {}
    }

    JournaledExecution(ExecutionJournal journal, ExecutionKey key, String digest) {
        this.journal = journal;
        this.key = key;
        this.digest = digest;
    }

    String digest() {
        return digest;
    }

    /**
     * Returns false if the chunk is dropped because an earlier one could not be stored or exceeds the tenant's share.
     */
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
     * Ends the execution with this chunk. It is stored before any listener receives it, because a later request must
     * get the same result. If it cannot be stored, the listeners still receive it, and later requests are rejected with
     * a retry delay: the program never runs twice.
     */
    void end(ExecuteChunk last) {
        if (!write(with(last), true)) {
            change(() -> rest.add(last));
        }
        change(() -> ended = true);
    }

    /** Fails for all listeners. Later requests get the output so far, then this chunk. */
    void fail(RuntimeException reason, ExecuteChunk last) {
        List<ExecuteChunk> all = with(last);
        fail(reason);
        boolean _ = write(all, true);
    }

    void fail(RuntimeException reason) {
        change(() -> failure = reason);
    }

    private List<ExecuteChunk> with(ExecuteChunk last) {
        List<ExecuteChunk> all = new ArrayList<>(rest);
        all.add(last);
        return all;
    }

    private boolean write(List<ExecuteChunk> chunks, boolean last) {
        byte[] bytes = JournaledChunks.bytes(chunks);
        try {
            if (last) {
                journal.end(key, partBytes.size(), bytes);
            } else {
                journal.append(key, partBytes.size(), bytes);
            }
        } catch (NeuroVisorException exception) {
            if (exception.fault() == Fault.JOURNAL_FULL) {
                LOG.info("the stored output is truncated: {}", exception.getMessage());
            } else {
                LOG.error("the output cannot be stored: {}", exception.getMessage());
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

    /** Waits for the end of the execution and returns the sizes of all parts. */
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

    /** Delivers all output to the listener, which may block. Returns after the end of the execution. */
    void listen(JournaledChunks written, Consumer<ExecuteChunk> listener) {
        int part = 0;
        int next = 0;
        while (true) {
            switch (await(part, next)) {
                case Event.Part(int bytes) -> {
                    List<ExecuteChunk> chunks = written.read(part, bytes);
                    chunks.subList(next, chunks.size()).forEach(listener);
                    part++;
                    next = 0;
                }
                case Event.Chunk(ExecuteChunk chunk) -> {
                    listener.accept(chunk);
                    next++;
                }
                case Event.Ended _ -> {
                    return;
                }
            }
        }
    }

    /** @param next the index of the next chunk in that part */
    private Event await(int part, int next) {
        lock.lock();
        try {
            while (failure == null && partBytes.size() == part && rest.size() == next && !ended) {
                changed.await();
            }
            if (failure != null) {
                throw failure;
            }
            if (partBytes.size() > part) {
                return new Event.Part(partBytes.get(part));
            }
            return rest.size() > next ? new Event.Chunk(rest.get(next)) : new Event.Ended();
        } catch (InterruptedException exception) {
            throw gone(exception);
        } finally {
            lock.unlock();
        }
    }

    private static NeuroVisorException gone(InterruptedException exception) {
        return NeuroVisorException.interrupted("the client has disconnected", exception);
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

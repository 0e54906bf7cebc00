package io.neurovisor.host.spawner;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.proto.spawner.Event;
import io.neurovisor.proto.spawner.Request;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The pipes to a spawner process: requests go to its standard input, events come from its standard output. */
final class SpawnerConnection implements AutoCloseable {
    private static final long END_SECONDS = 10;

    private final Process process;
    private final SpawnerReplies replies;
    private final CompletableFuture<NeuroVisorException> lost = new CompletableFuture<>();
    private final Object writeLock = new Object();

    @GuardedBy("writeLock")
    private final OutputStream requests;

    private volatile boolean closed;

    SpawnerConnection(Process process, SpawnerReplies replies) {
        this.process = process;
        this.replies = replies;
        this.requests = process.getOutputStream();
    }

    long pid() {
        return process.pid();
    }

    /** Completes with the reason if the spawner ends before {@link #close}. */
    CompletableFuture<NeuroVisorException> lost() {
        return lost;
    }

    void send(Request request) {
        try {
            synchronized (writeLock) {
                request.writeDelimitedTo(requests);
                requests.flush();
            }
        } catch (IOException exception) {
            throw ended(exception);
        }
    }

    /** Sends a question and adds its reply to those that are pending. */
    <T> CompletableFuture<T> ask(Queue<CompletableFuture<T>> pending, Request question) {
        CompletableFuture<T> reply = new CompletableFuture<>();
        synchronized (writeLock) {
            // Under the lock, so that the replies arrive in the order of the queue.
            pending.add(reply);
            send(question);
        }
        return reply;
    }

    /** Handles the events of the spawner until its output ends, then fails all pending replies. */
    void readEvents() {
        try {
            for (Event event = next(); event != null; event = next()) {
                replies.handle(event);
            }
            fail(ended(null));
        } catch (IOException exception) {
            fail(ended(exception));
        } catch (NeuroVisorException exception) {
            // After an event that makes no sense, no further event can be trusted.
            fail(exception);
            throw exception;
        }
    }

    private @Nullable Event next() throws IOException {
        return Event.parseDelimitedFrom(process.getInputStream());
    }

    private void fail(NeuroVisorException exception) {
        replies.failAll(exception);
        if (!closed) {
            lost.complete(exception);
        }
    }

    private static NeuroVisorException ended(@Nullable IOException cause) {
        return new NeuroVisorException(
                Fault.SPAWNER_FAILED, "the spawner has ended, and with it every virtual machine; start again", cause);
    }

    /** Ends the spawner by closing its standard input; returns when it has ended. Idempotent. */
    @Override
    public void close() {
        closed = true;
        try {
            synchronized (writeLock) {
                requests.close();
            }
        } catch (IOException exception) {
            // The pipe is closed either way, and the spawner needs nothing but its end.
        }
        try {
            // Not interruptible: cancelling a run must not kill the spawner, which cleans up after it.
            process.onExit().orTimeout(END_SECONDS, TimeUnit.SECONDS).join();
        } catch (CompletionException late) {
            process.destroyForcibly();
        }
    }
}

package io.neurovisor.host.guestlink;

import com.google.protobuf.MessageLite;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntFunction;

/**
 * A stream of messages that a guest may send as far as credits allow. For one reader, but {@link #close} may be called by
 * any thread.
 *
 * <ul>
 *   <li>Messages are received before the reader takes them, so that a slow reader does not use up the window that all
 *       calls of the connection share. Credits bound their bytes to a window, a part of {@link GuestConnection.Credits}, and
 *       {@link #MOST_WAITING} their number.
 *   <li>A message without credit, or against the rules of its stream, ends the connection.
 * </ul>
 */
final class GuestStream<Q, A extends MessageLite> implements AutoCloseable {
    /** The content that a guest may send before the reader takes it, if the connection has few other streams. */
    static final int WINDOW_BYTES = 64 << 10;

    /** The same if the connection has many. */
    static final int LEAST_WINDOW_BYTES = 8 << 10;

    /** Credits of this part of the window at least, so that not each message costs another one in the opposite direction. */
    private static final int LEAST_CREDIT = 4;

    /** The most messages that wait for the reader; HTTP/2 holds back further ones. */
    static final int MOST_WAITING = 1024;

    /** The most bytes of a message besides its content: numbers and lengths. */
    private static final int MOST_OTHER_BYTES = 64;

    private record Waiting<A>(A message, int bytes) {}

    /** The end of a stream, regular or with a failure. */
    private record End(Optional<NeuroVisorException> failure) {}

    private final GuestConnection connection;
    private final ClientCall<Q, A> call;
    private final IntFunction<Q> credit;
    private final StreamRules<A> rules;
    private final Duration longestSilence;
    private final Lock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Guarded by the lock.
    private final Deque<Waiting<A>> waiting = new ArrayDeque<>();
    private Optional<End> end = Optional.empty();

    /** The part of the connection's budget: what the guest may send before the reader takes it. */
    private int window;

    /** The bytes that the guest may still send. */
    private long credited;

    /** The bytes that the reader has taken and the guest has not been credited for. */
    private int taken;

    /** The bytes of the message that the reader uses. */
    private int inUse;

    private boolean begun;

    /** Whether no message is requested. */
    private boolean paused;

    /**
     * @param credit returns the message that allows a number of bytes
     * @param longestSilence the time after which a guest that sends nothing counts as silent
     */
    GuestStream(
            GuestConnection connection,
            MethodDescriptor<Q, A> method,
            IntFunction<Q> credit,
            StreamRules<A> rules,
            Duration longestSilence) {
        this.connection = connection;
        this.call = GuestConnection.apart(() -> connection.channel().newCall(method, CallOptions.DEFAULT));
        this.credit = credit;
        this.rules = rules;
        this.longestSilence = longestSilence;
    }

    /** Sends the request and returns when the guest has sent the first message, which {@link #next} returns. */
    void begin(Q request, Deadline deadline) {
        lock.lock();
        try {
            call.start(new Incoming(), new Metadata());
            call.sendMessage(request);
            window = connection.credits().take(rules.windowBytes(), rules.leastWindowBytes());
            credit(window);
            call.request(1);
            awaitMessage(deadline.remaining());
            if (waiting.isEmpty()) {
                end.flatMap(End::failure).ifPresent(failure -> {
                    throw failure;
                });
            }
        } catch (NeuroVisorException failure) {
            close();
            throw failure;
        } finally {
            lock.unlock();
        }
    }

    /** Returns the next message; empty after the last one, or once the stream is closed. */
    Optional<A> next() {
        lock.lock();
        try {
            taken += inUse;
            inUse = 0;
            giveCredit();
            awaitMessage(longestSilence);
            if (waiting.isEmpty()) {
                release();
                end.flatMap(End::failure).ifPresent(failure -> {
                    throw failure;
                });
                return Optional.empty();
            }
            Waiting<A> next = waiting.removeFirst();
            inUse = next.bytes();
            if (paused && waiting.size() < MOST_WAITING / 2) {
                paused = false;
                call.request(1);
            }
            return Optional.of(next.message());
        } finally {
            lock.unlock();
        }
    }

    /** Returns when a message waits or the stream has ended. Must be called with the lock, as the methods below. */
    private void awaitMessage(Duration limit) {
        long nanos = limit.toNanos();
        try {
            while (waiting.isEmpty() && end.isEmpty()) {
                if (nanos <= 0) {
                    throw GuestStatus.silence(new TimeoutException("no message within " + limit));
                }
                nanos = changed.awaitNanos(nanos);
            }
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("listening to the guest was interrupted", exception);
        }
    }

    private void giveCredit() {
        // A guest that does not read its credits gets no more, or they would fill the memory of the host.
        if (taken >= window / LEAST_CREDIT && end.isEmpty() && !rules.isComplete() && call.isReady()) {
            // Other streams may have ended.
            int more = connection.credits().take(rules.windowBytes() - window, 0);
            window += more;
            credit(taken + more);
            taken = 0;
        }
    }

    private void release() {
        connection.credits().giveBack(window);
        window = 0;
    }

    private void credit(int bytes) {
        credited += bytes;
        call.sendMessage(credit.apply(bytes));
    }

    private void receive(A message) {
        int bytes = rules.check(message);
        if (bytes > credited) {
            throw violation("sent %d bytes with a credit of %d".formatted(bytes, credited));
        }
        // Fields that we do not know are kept, too, and would be memory without a credit.
        int size = message.getSerializedSize();
        if (size > bytes + rules.uncountedBytes(message) + MOST_OTHER_BYTES) {
            throw violation("sent a message of %d bytes with %d bytes of content".formatted(size, bytes));
        }
        credited -= bytes;
        begun = true;
        Waiting<A> last = waiting.peekLast();
        Optional<A> merged = last == null ? Optional.empty() : rules.merged(last.message(), message);
        if (last != null && merged.isPresent()) {
            Waiting<A> _ = waiting.removeLast();
            waiting.addLast(new Waiting<>(merged.get(), last.bytes() + bytes));
        } else {
            waiting.addLast(new Waiting<>(message, bytes));
        }
        paused = waiting.size() >= MOST_WAITING;
        if (!paused) {
            call.request(1);
        }
    }

    private static NeuroVisorException violation(String what) {
        return new NeuroVisorException(Fault.SANDBOX_LOST, what);
    }

    private void end(Optional<NeuroVisorException> failure) {
        if (end.isEmpty()) {
            end = Optional.of(new End(failure));
        }
        changed.signalAll();
    }

    /** Cancels the call; {@link #next} then returns empty. Idempotent. */
    @Override
    public void close() {
        lock.lock();
        try {
            waiting.clear();
            end(Optional.empty());
            release();
        } finally {
            lock.unlock();
        }
        call.cancel("the stream was closed", null);
    }

    /** The events of the call. gRPC calls it by one thread at a time. */
    private final class Incoming extends ClientCall.Listener<A> {
        @Override
        public void onMessage(A message) {
            lock.lock();
            try {
                if (end.isEmpty()) {
                    receive(message);
                    changed.signalAll();
                }
            } catch (NeuroVisorException violation) {
                end(Optional.of(connection.violated(String.valueOf(violation.getMessage()))));
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void onReady() {
            lock.lock();
            try {
                giveCredit();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            lock.lock();
            try {
                if (end.isEmpty()) {
                    end(failure(status));
                }
            } finally {
                lock.unlock();
            }
        }

        private Optional<NeuroVisorException> failure(Status status) {
            if (rules.isComplete()) {
                return Optional.empty();
            }
            if (status.isOk()) {
                return rules.mayEnd()
                        ? Optional.empty()
                        : Optional.of(connection.violated("ended a stream before its last message"));
            }
            Exception cause = status.asException();
            return Optional.of(
                    connection.failure(status, cause, (refused, reason) -> rules.failure(refused, reason, begun)));
        }
    }
}

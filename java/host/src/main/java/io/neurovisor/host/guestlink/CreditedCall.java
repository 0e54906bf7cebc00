package io.neurovisor.host.guestlink;

import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;

/**
 * A stream of messages that the guest may send as far as credits allow. For one thread, but {@link #close} may be called
 * by any.
 */
final class CreditedCall<Q, A> implements AutoCloseable {
    /** The time for which the guest may be silent while it owes a message. */
    static final Duration LONGEST_SILENCE = Duration.ofMinutes(1);

    private final GuestConnection connection;
    private final BlockingClientCall<Q, A> call;
    private final IntFunction<Q> credit;
    private final int window;
    private long granted;
    private int consumed;
    private volatile boolean closed;

    /**
     * @param credit returns the message that grants a number of bytes
     * @param window how many bytes the guest may have sent before they are consumed
     */
    CreditedCall(GuestConnection connection, BlockingClientCall<Q, A> call, IntFunction<Q> credit, int window) {
        this.connection = connection;
        this.call = call;
        this.credit = credit;
        this.window = window;
    }

    /** Sends the request and the first credit. */
    void begin(Q request, Deadline deadline) {
        try {
            boolean _ = call.write(request, deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
        } catch (StatusException ended) {
            // Reported by the next read.
        } catch (TimeoutException exception) {
            throw GuestStatus.silence(exception);
        } catch (InterruptedException exception) {
            throw interrupted(exception);
        }
        consumed(window);
    }

    /** Returns the next message; empty at the end of the call. */
    Optional<A> next(Duration limit) {
        try {
            return Optional.ofNullable(call.read(limit.toNanos(), TimeUnit.NANOSECONDS));
        } catch (StatusException exception) {
            throw closed
                    ? interrupted(exception)
                    : connection.failureOr(GuestFileStatus.failure(exception.getStatus(), exception));
        } catch (TimeoutException exception) {
            throw GuestStatus.silence(exception);
        } catch (InterruptedException exception) {
            throw interrupted(exception);
        }
    }

    /** Returns the next message, whenever it comes; empty at the end of the call. */
    Optional<A> next() {
        return next(Duration.ofNanos(Long.MAX_VALUE));
    }

    /**
     * Counts bytes of a message.
     *
     * @throws NeuroVisorException {@code SANDBOX_LOST} if the guest had no credit for them
     */
    void received(int bytes) {
        granted -= bytes;
        if (granted < 0) {
            throw connection.violated("sent " + -granted + " bytes without credit");
        }
    }

    /** Allows the guest to send as many bytes more; it is notified once a quarter of the window is free. */
    void consumed(int bytes) {
        consumed += bytes;
        if (consumed >= window / 4 && sendCredit()) {
            granted += consumed;
            consumed = 0;
        }
    }

    /**
     * Sends the credit, if the call takes a message now. It does not after the guest has ended it, which is noticed only
     * when all messages have been read: waiting would wait for itself.
     */
    private boolean sendCredit() {
        try {
            return call.write(credit.apply(consumed), 0, TimeUnit.NANOSECONDS);
        } catch (StatusException | TimeoutException notNow) {
            return false;
        } catch (IllegalStateException | InterruptedException exception) {
            // The former: it was closed.
            throw interrupted(exception);
        }
    }

    private static NeuroVisorException interrupted(Exception cause) {
        String message = "listening to the guest was interrupted";
        return cause instanceof InterruptedException
                ? NeuroVisorException.interrupted(message, cause)
                : new NeuroVisorException(Fault.INTERRUPTED, message, cause);
    }

    @Override
    public void close() {
        closed = true;
        // Does nothing if the call has ended by itself.
        call.cancel("the call has ended", null);
    }
}

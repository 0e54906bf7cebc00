package io.neurovisor.host.guestlink;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.Channel;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The connection to a guest's agent, for all kinds of calls. It is closed at the first violation of the protocol, so
 * that every other call of the guest ends, too, and reports that violation. Safe for use by many threads.
 */
final class GuestConnection implements AutoCloseable {
    private final ManagedChannel channel;
    private final Credits credits = new Credits();
    private volatile Optional<String> violation = Optional.empty();
    private volatile boolean ended;
    private volatile boolean aborts;

    GuestConnection(ManagedChannel channel) {
        this.channel = channel;
    }

    Channel channel() {
        return channel;
    }

    Credits credits() {
        return credits;
    }

    static <S extends AbstractStub<S>> S withDeadline(S stub, Deadline deadline) {
        return stub.withDeadlineAfter(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Makes a call about the life of the guest; its failures are those of {@link GuestStatus#failure}. */
    <S extends AbstractStub<S>, T> T call(Function<Channel, S> stub, Deadline deadline, Function<S, T> call) {
        return answer(() -> call.apply(withDeadline(stub.apply(channel), deadline)), GuestStatus::failure);
    }

    /**
     * Makes a call.
     *
     * @param failure returns the fault of a status other than OK
     */
    <T> T answer(Supplier<T> call, BiFunction<Status, Exception, NeuroVisorException> failure) {
        try {
            return apart(call);
        } catch (StatusRuntimeException exception) {
            throw failure(exception.getStatus(), exception, failure);
        }
    }

    /**
     * Declares that the connection must last as long as the machine. Otherwise gRPC would replace one that the guest ends, and a
     * guest that breaks the protocol between two calls would live on.
     */
    void mustLast() {
        channel.notifyWhenStateChanged(ConnectivityState.READY, this::left);
    }

    private void left() {
        // Closing it ourselves is not the guest's doing.
        ended = channel.getState(false) != ConnectivityState.SHUTDOWN;
    }

    /** Returns the violation that has ended the connection, or describes an end of it that must not be; else empty. */
    Optional<String> failure() {
        return violation.or(() -> ended ? Optional.of("the guest agent ended its connection") : Optional.empty());
    }

    /** Closes the connection and returns the fault of this and all later calls, unless an earlier violation has. */
    NeuroVisorException violated(String what) {
        synchronized (this) {
            if (violation.isEmpty()) {
                violation = Optional.of("the guest agent " + what);
            }
        }
        channel.shutdownNow();
        return failureOr(new NeuroVisorException(Fault.SANDBOX_LOST, "the guest agent " + what));
    }

    /** Declares that the guest may end calls with ABORTED from now on, because its programs are frozen. */
    void expectAborts() {
        aborts = true;
    }

    /**
     * Returns the failure of a call that the guest has ended with a status other than OK.
     *
     * @param translation returns the fault of a status that is not the consequence of a freeze
     */
    NeuroVisorException failure(
            Status status, Exception cause, BiFunction<Status, Exception, NeuroVisorException> translation) {
        return failureOr(
                aborts && status.getCode() == Status.Code.ABORTED
                        ? new NeuroVisorException(
                                Fault.SANDBOX_MOVED, "the programs of the sandbox were frozen during a call", cause)
                        : translation.apply(status, cause));
    }

    /** Returns the violation that has ended the connection, or this failure if there was none. */
    NeuroVisorException failureOr(NeuroVisorException failure) {
        return violation
                .map(reason -> new NeuroVisorException(Fault.SANDBOX_LOST, reason, failure))
                .orElse(failure);
    }

    /**
     * Begins a call outside of the gRPC context of the request that is served. Otherwise the end of that request would
     * cancel this call, as if the guest had died, before the interruption of the thread gives the reason.
     */
    static <T> T apart(Supplier<T> call) {
        Context served = Context.ROOT.attach();
        try {
            return call.get();
        } finally {
            Context.ROOT.detach(served);
        }
    }

    /** Returns when the agent has sent its HTTP/2 settings, or when a call would report why the connection failed. */
    void await(Deadline deadline) {
        ConnectivityState state = channel.getState(true);
        while (state == ConnectivityState.IDLE || state == ConnectivityState.CONNECTING) {
            CountDownLatch changed = new CountDownLatch(1);
            channel.notifyWhenStateChanged(state, changed::countDown);
            await(changed, deadline);
            state = channel.getState(true);
        }
    }

    private static void await(CountDownLatch latch, Deadline deadline) {
        try {
            if (!latch.await(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
                throw new NeuroVisorException(Fault.GUEST_SILENT, "the guest agent did not answer in time");
            }
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("waiting for the guest agent was interrupted", exception);
        }
    }

    /** Idempotent. */
    @Override
    public void close() {
        channel.shutdownNow();
    }

    /**
     * The content that the streams of a connection may have received and their readers not taken, which is memory of the
     * host. Each new stream gets a part of what is left, so that many streams have small windows and not much memory,
     * and the least that a stream needs in any case, so that none waits for another.
     */
    static final class Credits {
        static final int BYTES = 1 << 20;

        private static final int PARTS = 4;

        @GuardedBy("this")
        private int left = BYTES;

        /** Takes at most this much, and at least that. */
        synchronized int take(int most, int least) {
            int taken = Math.max(least, Math.min(most, left / PARTS));
            left -= taken;
            return taken;
        }

        synchronized void giveBack(int bytes) {
            left += bytes;
        }
    }
}

package io.neurovisor.server.client.sandbox;

import com.google.protobuf.ByteString;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.server.client.DaemonConnection;
import io.neurovisor.server.client.DaemonFailure;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * A stream of messages to or from a daemon. A message is requested when one is taken, so that HTTP/2 limits what is on its
 * way.
 */
record DaemonCall<Q, A>(DaemonConnection connection, BlockingClientCall<Q, A> call) implements AutoCloseable {
    private static final int MAX_PART_BYTES = 64 << 10;

    private static final Duration UNLIMITED = Duration.ofNanos(Long.MAX_VALUE);

    /** Returns the next message, however long the daemon takes; empty at the end. */
    Optional<A> next() {
        return next(UNLIMITED);
    }

    /** Returns the next message; empty at the end. */
    Optional<A> next(Duration limit) {
        try {
            return Optional.ofNullable(call.read(limit.toNanos(), TimeUnit.NANOSECONDS));
        } catch (StatusException exception) {
            throw DaemonFailure.ofSandboxes(exception, connection.socket());
        } catch (TimeoutException exception) {
            throw new NeuroVisorException(
                    Fault.DAEMON_LOST, "the daemon at " + connection.socket() + " has not answered in time", exception);
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("cancelled", exception);
        }
    }

    /** Returns the first message of a daemon that owes one; a call without it is closed. */
    A first(Deadline deadline) {
        boolean answered = false;
        try {
            A answer = required(deadline.remaining());
            answered = true;
            return answer;
        } finally {
            if (!answered) {
                close();
            }
        }
    }

    /** Returns the next message of a daemon that owes one, however long it takes. */
    A required() {
        return required(UNLIMITED);
    }

    /** Returns the next message of a daemon that owes one. */
    A required(Duration limit) {
        return next(limit)
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.DAEMON_LOST, "the daemon at " + connection.socket() + " ended a call without an answer"));
    }

    /** Sends a message; blocks while the daemon takes none. */
    void send(Q message) {
        try {
            if (!call.write(message)) {
                throw new NeuroVisorException(
                        Fault.DAEMON_LOST,
                        "the daemon at " + connection.socket() + " ended a call before it had received everything");
            }
        } catch (StatusException exception) {
            throw DaemonFailure.ofSandboxes(exception, connection.socket());
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("cancelled", exception);
        }
    }

    /** Sends bytes in messages that are as large as the daemon accepts. */
    void send(ByteBuffer bytes, Function<ByteString, Q> message) {
        ByteBuffer rest = bytes.duplicate();
        while (rest.hasRemaining()) {
            send(message.apply(ByteString.copyFrom(rest, Math.min(rest.remaining(), MAX_PART_BYTES))));
        }
    }

    void endSending() {
        call.halfClose();
    }

    /** Has no effect on a call that has already ended. */
    @Override
    public void close() {
        call.cancel("the call has ended", null);
    }
}

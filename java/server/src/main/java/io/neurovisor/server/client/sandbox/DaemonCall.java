package io.neurovisor.server.client.sandbox;

import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.client.DaemonConnection;
import io.neurovisor.server.client.DaemonFailure;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A stream of messages to or from a daemon. HTTP/2 limits what is on its way. */
record DaemonCall<Q, A>(DaemonConnection connection, BlockingClientCall<Q, A> call) implements AutoCloseable {
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

    void endSending() {
        call.halfClose();
    }

    /** Has no effect on a call that has already ended. */
    @Override
    public void close() {
        call.cancel("the call has ended", null);
    }
}

package io.neurovisor.server.client.sandbox;

import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.server.client.DaemonConnection;
import io.neurovisor.server.client.DaemonFailure;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The events of a process, from a daemon. The next message is requested when one is taken, so that HTTP/2 holds up the
 * process while its output is not read.
 */
final class DaemonProcessEvents implements ProcessEvents {
    private final DaemonConnection connection;
    private final BlockingClientCall<?, io.neurovisor.proto.sandbox.ProcessEvent> call;
    private @Nullable Deadline first;

    /** @param deadline for the first event */
    DaemonProcessEvents(
            DaemonConnection connection,
            BlockingClientCall<?, io.neurovisor.proto.sandbox.ProcessEvent> call,
            Deadline deadline) {
        this.connection = connection;
        this.call = call;
        this.first = deadline;
    }

    @Override
    public Optional<ProcessEvent> next() {
        try {
            return Optional.ofNullable(read()).map(ProcessMessages::event);
        } catch (StatusException exception) {
            throw DaemonFailure.ofSandboxes(exception, connection.socket());
        } catch (TimeoutException exception) {
            throw new NeuroVisorException(
                    Fault.DAEMON_LOST,
                    "the daemon at " + connection.socket() + " has not started or found the process in time",
                    exception);
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("cancelled", exception);
        }
    }

    private io.neurovisor.proto.sandbox.@Nullable ProcessEvent read()
            throws InterruptedException, StatusException, TimeoutException {
        Deadline limit = first;
        first = null;
        return limit == null ? call.read() : call.read(limit.remaining().toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        call.cancel("the client detaches", null);
    }
}

package io.neurovisor.host.guestlink;

import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.ProcessInput;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.proto.sandbox.StreamInputRequest;
import io.neurovisor.proto.sandbox.StreamInputResponse;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A stream of bytes to the input of a guest's process; HTTP/2 holds it back. */
final class GrpcProcessInput implements ProcessInput {
    private static final int MAX_MESSAGE_BYTES = 64 << 10;

    private final GuestConnection connection;
    private final BlockingClientCall<StreamInputRequest, StreamInputResponse> call;
    private volatile boolean closed;

    /**
     * @param first names the process
     * @param deadline of sending it
     */
    GrpcProcessInput(
            GuestConnection connection,
            BlockingClientCall<StreamInputRequest, StreamInputResponse> call,
            StreamInputRequest first,
            Deadline deadline) {
        this.connection = connection;
        this.call = call;
        try {
            send(first, deadline.remaining().toNanos());
        } catch (NeuroVisorException failure) {
            close();
            throw failure;
        }
    }

    @Override
    public void write(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            int length = Math.min(bytes.remaining(), MAX_MESSAGE_BYTES);
            send(
                    StreamInputRequest.newBuilder()
                            .setData(GuestProcessMessages.bytes(bytes.slice(bytes.position(), length)))
                            .build(),
                    Long.MAX_VALUE);
            bytes.position(bytes.position() + length);
        }
    }

    private void send(StreamInputRequest request, long limitNanos) {
        try {
            if (!call.write(request, limitNanos, TimeUnit.NANOSECONDS)) {
                awaitResponse();
                throw new NeuroVisorException(Fault.PROCESS_REFUSED, "the process takes no more input");
            }
        } catch (StatusException exception) {
            throw failure(exception);
        } catch (IllegalStateException exception) {
            throw cancelled(exception);
        } catch (TimeoutException exception) {
            throw GuestStatus.silence(exception);
        } catch (InterruptedException exception) {
            throw interrupted(exception);
        }
    }

    @Override
    public void finish() {
        call.halfClose();
        awaitResponse();
    }

    private void awaitResponse() {
        try {
            StreamInputResponse _ = call.read(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
        } catch (StatusException exception) {
            throw failure(exception);
        } catch (TimeoutException exception) {
            throw GuestStatus.silence(exception);
        } catch (InterruptedException exception) {
            throw interrupted(exception);
        }
    }

    private NeuroVisorException failure(StatusException exception) {
        return closed
                ? cancelled(exception)
                : connection.failureOr(GuestStatus.processRefusal(exception.getStatus(), exception));
    }

    private static NeuroVisorException cancelled(Exception cause) {
        return new NeuroVisorException(Fault.INTERRUPTED, "a stream of input was closed", cause);
    }

    private static NeuroVisorException interrupted(InterruptedException exception) {
        return NeuroVisorException.interrupted("sending input was interrupted", exception);
    }

    @Override
    public void close() {
        closed = true;
        // Does nothing if the call has ended by itself.
        call.cancel("the stream was closed", null);
    }
}

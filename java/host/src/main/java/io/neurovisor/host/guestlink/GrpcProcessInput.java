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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A stream of bytes to the input of a guest's process; HTTP/2 holds it back. */
final class GrpcProcessInput implements ProcessInput {
    private static final int MAX_MESSAGE_BYTES = 64 << 10;

    private final GuestConnection connection;
    private final BlockingClientCall<StreamInputRequest, StreamInputResponse> call;
    /** Completes when the call ends: with null if the agent has accepted everything or takes no more. */
    private final CompletableFuture<@Nullable StreamInputResponse> response = new CompletableFuture<>();

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
        Thread _ = Thread.ofVirtual().start(this::receive);
        try {
            send(first, deadline.remaining().toNanos());
        } catch (NeuroVisorException failure) {
            close();
            throw failure;
        }
    }

    /** Waits for the end of the call, which nothing else reports while no input is sent. */
    private void receive() {
        try {
            boolean _ = response.complete(call.read(Long.MAX_VALUE, TimeUnit.NANOSECONDS));
        } catch (StatusException | TimeoutException | InterruptedException exception) {
            boolean _ = response.completeExceptionally(exception);
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
                throw ended();
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
        if (response.isDone()) {
            throw ended();
        }
        try {
            call.halfClose();
        } catch (IllegalStateException exception) {
            throw cancelled(exception);
        }
        awaitResponse();
    }

    @Override
    public void onEnd(Runnable action) {
        CompletableFuture<@Nullable StreamInputResponse> _ = response.whenComplete((_, _) -> action.run());
    }

    /** Returns why the agent has ended the call before this side has. */
    private NeuroVisorException ended() {
        awaitResponse();
        return new NeuroVisorException(Fault.PROCESS_REFUSED, "the process takes no more input");
    }

    private void awaitResponse() {
        try {
            StreamInputResponse _ = response.get();
        } catch (ExecutionException exception) {
            throw exception.getCause() instanceof StatusException status ? failure(status) : cancelled(exception);
        } catch (InterruptedException exception) {
            throw interrupted(exception);
        }
    }

    private NeuroVisorException failure(StatusException exception) {
        return closed
                ? cancelled(exception)
                : connection.failure(exception.getStatus(), exception, GuestStatus::processRefusal);
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

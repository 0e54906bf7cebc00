package io.neurovisor.server.client.sandbox;

import com.google.protobuf.ByteString;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.ProcessInput;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.proto.sandbox.StreamInputRequest;
import io.neurovisor.proto.sandbox.StreamInputResponse;
import io.neurovisor.server.client.DaemonConnection;
import io.neurovisor.server.client.DaemonFailure;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Streams bytes to the input of a process, as fast as the process reads them. */
final class DaemonProcessInput implements ProcessInput {
    private static final int MAX_MESSAGE_BYTES = 64 << 10;

    private final DaemonConnection connection;
    private final BlockingClientCall<StreamInputRequest, StreamInputResponse> call;
    private final CompletableFuture<@Nullable StreamInputResponse> response = new CompletableFuture<>();

    /** Names the process; the other messages have only data. */
    DaemonProcessInput(
            DaemonConnection connection,
            String sandbox,
            ProcessSelector process,
            BlockingClientCall<StreamInputRequest, StreamInputResponse> call) {
        this.connection = connection;
        this.call = call;
        Thread _ = Thread.ofVirtual().start(this::receive);
        send(StreamInputRequest.newBuilder()
                .setSandboxId(sandbox)
                .setProcess(ProcessMessages.message(process))
                .build());
    }

    /** Waits for the end of the call, which nothing else reports while no input is sent. */
    private void receive() {
        try {
            boolean _ = response.complete(call.read());
        } catch (StatusException | InterruptedException exception) {
            boolean _ = response.completeExceptionally(exception);
        }
    }

    @Override
    public void write(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            int count = Math.min(bytes.remaining(), MAX_MESSAGE_BYTES);
            send(StreamInputRequest.newBuilder()
                    .setData(ByteString.copyFrom(bytes, count))
                    .build());
        }
    }

    private void send(StreamInputRequest request) {
        try {
            if (!call.write(request)) {
                // The daemon has closed the call; its response says why.
                awaitResponse();
                throw new NeuroVisorException(Fault.DAEMON_REFUSED, "the process takes no more input");
            }
        } catch (StatusException exception) {
            throw DaemonFailure.ofSandboxes(exception, connection.socket());
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("cancelled", exception);
        }
    }

    @Override
    public void finish() {
        call.halfClose();
        awaitResponse();
    }

    private void awaitResponse() {
        try {
            StreamInputResponse _ = response.get();
        } catch (ExecutionException exception) {
            throw exception.getCause() instanceof StatusException status
                    ? DaemonFailure.ofSandboxes(status, connection.socket())
                    : new NeuroVisorException(Fault.INTERRUPTED, "cancelled", exception);
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("cancelled", exception);
        }
    }

    @Override
    public void onEnd(Runnable action) {
        CompletableFuture<@Nullable StreamInputResponse> _ = response.whenComplete((_, _) -> action.run());
    }

    @Override
    public void close() {
        call.cancel("the input has ended", null);
    }
}

package io.neurovisor.server.client.sandbox;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.ProcessInput;
import io.neurovisor.proto.sandbox.StreamInputRequest;
import io.neurovisor.proto.sandbox.StreamInputResponse;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Streams bytes to the input of a process, as fast as the process reads them. */
final class DaemonProcessInput implements ProcessInput {
    private final DaemonCall<StreamInputRequest, StreamInputResponse> call;
    private final CompletableFuture<@Nullable StreamInputResponse> response = new CompletableFuture<>();

    private DaemonProcessInput(DaemonCall<StreamInputRequest, StreamInputResponse> call) {
        this.call = call;
    }

    /** Takes over a call that has named the process. */
    static DaemonProcessInput of(DaemonCall<StreamInputRequest, StreamInputResponse> call) {
        DaemonProcessInput input = new DaemonProcessInput(call);
        Thread _ = Thread.ofVirtual().start(input::receive);
        return input;
    }

    /** Waits for the end of the call, which nothing else reports while no input is sent. */
    private void receive() {
        try {
            boolean _ = response.complete(call.required());
        } catch (NeuroVisorException exception) {
            boolean _ = response.completeExceptionally(exception);
        }
    }

    @Override
    public void write(ByteBuffer bytes) {
        try {
            call.send(
                    bytes, part -> StreamInputRequest.newBuilder().setData(part).build());
        } catch (NeuroVisorException exception) {
            // The response of a call that the daemon has closed says why.
            awaitResponse();
            throw exception;
        }
    }

    @Override
    public void finish() {
        call.endSending();
        awaitResponse();
    }

    private void awaitResponse() {
        try {
            StreamInputResponse _ = response.get();
        } catch (ExecutionException exception) {
            if (exception.getCause() instanceof NeuroVisorException cause) {
                throw cause;
            }
            throw new AssertionError(exception);
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
        call.close();
    }
}

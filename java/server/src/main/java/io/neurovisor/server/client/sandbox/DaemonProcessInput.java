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

/** Streams bytes to the input of a process, as fast as the process reads them. */
final class DaemonProcessInput implements ProcessInput {
    private static final int MAX_MESSAGE_BYTES = 64 << 10;

    private final DaemonConnection connection;
    private final BlockingClientCall<StreamInputRequest, StreamInputResponse> call;

    /** Names the process; the other messages have only data. */
    DaemonProcessInput(
            DaemonConnection connection,
            String sandbox,
            ProcessSelector process,
            BlockingClientCall<StreamInputRequest, StreamInputResponse> call) {
        this.connection = connection;
        this.call = call;
        send(StreamInputRequest.newBuilder()
                .setSandboxId(sandbox)
                .setProcess(ProcessMessages.message(process))
                .build());
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
                // The daemon has closed the call; reading it returns why.
                finish();
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
        try {
            call.read();
        } catch (StatusException exception) {
            throw DaemonFailure.ofSandboxes(exception, connection.socket());
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("cancelled", exception);
        }
    }

    @Override
    public void close() {
        call.cancel("the input has ended", null);
    }
}

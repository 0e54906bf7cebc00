package io.neurovisor.host.guestlink;

import com.google.protobuf.ByteString;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.proto.sandbox.WriteRequest;
import io.neurovisor.proto.sandbox.WriteResponse;
import io.neurovisor.proto.sandbox.WriteTarget;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A file of a guest that is being written. HTTP/2 limits what is on its way. */
final class GrpcFileWriter implements FileWriter {
    private static final int MAX_CHUNK_BYTES = 64 << 10;

    /** Of the content that is sent in one message with a target that has no attributes. */
    private static final int MAX_FIRST_BYTES = 32 << 10;

    private final GuestConnection connection;
    private final BlockingClientCall<WriteRequest, WriteResponse> call;
    private final Duration longestSilence;
    private @Nullable WriteTarget target;

    /** @param longestSilence how long the guest may take nothing, or not confirm the end */
    GrpcFileWriter(
            GuestConnection connection,
            BlockingClientCall<WriteRequest, WriteResponse> call,
            FileTarget target,
            Duration longestSilence) {
        this.connection = connection;
        this.call = call;
        this.longestSilence = longestSilence;
        this.target = GuestFileMessages.target(target);
    }

    @Override
    public void write(ByteBuffer bytes) {
        ByteBuffer rest = bytes.duplicate();
        sendTarget(rest);
        while (rest.hasRemaining()) {
            ByteString part = ByteString.copyFrom(rest, Math.min(rest.remaining(), MAX_CHUNK_BYTES));
            send(WriteRequest.newBuilder().setData(part).build());
        }
    }

    /** Sends the target before anything else, with a small content, which it takes from the buffer. */
    private void sendTarget(ByteBuffer content) {
        if (target != null) {
            WriteRequest.Builder first = WriteRequest.newBuilder().setTarget(target);
            if (content.remaining() <= MAX_FIRST_BYTES && target.getXattrsCount() == 0) {
                first.setData(ByteString.copyFrom(content));
            }
            target = null;
            send(first.build());
        }
    }

    private void send(WriteRequest message) {
        try {
            if (!call.write(message, longestSilence.toNanos(), TimeUnit.NANOSECONDS)) {
                throw connection.violated("confirmed a file before its end");
            }
        } catch (StatusException exception) {
            throw connection.failure(exception.getStatus(), exception, GuestFileStatus::failure);
        } catch (TimeoutException exception) {
            throw GuestStatus.silence(exception);
        } catch (InterruptedException exception) {
            throw interrupted(exception);
        }
    }

    @Override
    public FileEntry finish() {
        sendTarget(ByteBuffer.allocate(0));
        call.halfClose();
        WriteResponse response = read().orElseThrow(() -> connection.violated("did not confirm a file"));
        FileEntry entry = new GuestFileMessages(connection).entry(response.getEntry());
        if (read().isPresent()) {
            throw connection.violated("confirmed a file twice");
        }
        return entry;
    }

    private Optional<WriteResponse> read() {
        try {
            return Optional.ofNullable(call.read(longestSilence.toNanos(), TimeUnit.NANOSECONDS));
        } catch (StatusException exception) {
            throw connection.failure(exception.getStatus(), exception, GuestFileStatus::failure);
        } catch (TimeoutException exception) {
            throw GuestStatus.silence(exception);
        } catch (InterruptedException exception) {
            throw interrupted(exception);
        }
    }

    private static NeuroVisorException interrupted(InterruptedException exception) {
        return NeuroVisorException.interrupted("writing to the guest was interrupted", exception);
    }

    @Override
    public void close() {
        // Does nothing if the call has ended by itself.
        call.cancel("the call has ended", null);
    }
}

package io.neurovisor.server.client.sandbox;

import com.google.protobuf.ByteString;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.proto.sandbox.WriteRequest;
import io.neurovisor.proto.sandbox.WriteResponse;
import io.neurovisor.proto.sandbox.WriteTarget;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A file of a sandbox that is being written, by a call of its daemon. */
final class DaemonFileWriter implements FileWriter {
    /** Of the content that is sent in one message with a target that has no attributes. */
    private static final int MAX_FIRST_BYTES = 32 << 10;

    private final DaemonCall<WriteRequest, WriteResponse> call;
    private final Duration longestSilence;
    private @Nullable WriteTarget target;

    /** @param longestSilence how long the daemon may take to confirm the end */
    DaemonFileWriter(DaemonCall<WriteRequest, WriteResponse> call, WriteTarget target, Duration longestSilence) {
        this.call = call;
        this.longestSilence = longestSilence;
        this.target = target;
    }

    @Override
    public void write(ByteBuffer bytes) {
        ByteBuffer rest = bytes.duplicate();
        sendTarget(rest);
        call.send(rest, part -> WriteRequest.newBuilder().setData(part).build());
    }

    /** Sends the target before anything else, with a small content, which it takes from the buffer. */
    private void sendTarget(ByteBuffer content) {
        if (target != null) {
            WriteRequest.Builder first = WriteRequest.newBuilder().setTarget(target);
            if (content.remaining() <= MAX_FIRST_BYTES && target.getXattrsCount() == 0) {
                first.setData(ByteString.copyFrom(content));
            }
            target = null;
            call.send(first.build());
        }
    }

    @Override
    public FileEntry finish() {
        sendTarget(ByteBuffer.allocate(0));
        call.endSending();
        return FileMessages.entry(call.required(longestSilence).getEntry());
    }

    @Override
    public void close() {
        call.close();
    }
}

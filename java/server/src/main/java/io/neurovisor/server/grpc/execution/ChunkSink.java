package io.neurovisor.server.grpc.execution;

import com.google.protobuf.ByteString;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.OutputFilePart;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** Sends output to a client as it arrives. Not thread-safe. */
final class ChunkSink implements OutputSink {
    private final Consumer<ExecuteChunk> client;
    private final Utf8Pieces stdout = new Utf8Pieces(this::sendStdout);
    private final Utf8Pieces stderr = new Utf8Pieces(this::sendStderr);

    /** @param client may block, which applies back-pressure */
    ChunkSink(Consumer<ExecuteChunk> client) {
        this.client = client;
    }

    @Override
    public void stdout(ByteBuffer bytes) {
        stdout.add(bytes);
    }

    @Override
    public void stderr(ByteBuffer bytes) {
        stderr.add(bytes);
    }

    @Override
    public void file(String path, ByteBuffer part, boolean last) {
        endOutput();
        client.accept(ExecuteChunk.newBuilder()
                .setFile(OutputFilePart.newBuilder()
                        .setPath(path)
                        .setContent(ByteString.copyFrom(part))
                        .setLast(last))
                .build());
    }

    /** Sends incomplete characters after the last output. */
    void endOutput() {
        stdout.end();
        stderr.end();
    }

    private void sendStdout(ByteString bytes) {
        ExecuteChunk.Builder chunk = ExecuteChunk.newBuilder();
        client.accept((bytes.isValidUtf8() ? chunk.setStdoutChunkBytes(bytes) : chunk.setStdoutBytes(bytes)).build());
    }

    private void sendStderr(ByteString bytes) {
        ExecuteChunk.Builder chunk = ExecuteChunk.newBuilder();
        client.accept((bytes.isValidUtf8() ? chunk.setStderrChunkBytes(bytes) : chunk.setStderrBytes(bytes)).build());
    }
}

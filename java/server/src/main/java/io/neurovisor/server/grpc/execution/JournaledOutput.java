package io.neurovisor.server.grpc.execution;

import com.google.protobuf.ByteString;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteMetadata;
import io.neurovisor.proto.execution.SkippedFile;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Collects the output of an execution with an idempotency key: 4 MiB of each stream and 4 MiB of files. Not
 * thread-safe.
 */
final class JournaledOutput implements OutputSink {
    private static final int STREAM_BYTES = 4 << 20;
    private static final int FILES_BYTES = 4 << 20;
    private static final int MAX_SKIPPED = 16;

    /** Small enough that a reader holds little in memory at a time. */
    private static final int CHUNK_BYTES = 64 << 10;

    private final ChunkSink chunks;
    private final List<SkippedFile> skipped = new ArrayList<>();
    private ByteString.Output file = ByteString.newOutput();
    private int stdoutBytes;
    private int stderrBytes;
    private int fileBytes;
    private int skippedTotal;
    private boolean stdoutCut;
    private boolean stderrCut;
    private boolean fits = true;
    private boolean lost;

    /** @param keeper returns false for a chunk that it cannot store */
    JournaledOutput(Predicate<ExecuteChunk> keeper) {
        this.chunks = new ChunkSink(chunk -> lost |= !keeper.test(chunk));
    }

    @Override
    public void stdout(ByteBuffer bytes) {
        ByteBuffer piece = first(bytes, STREAM_BYTES - stdoutBytes);
        stdoutCut |= piece.remaining() < bytes.remaining();
        stdoutBytes += piece.remaining();
        inPieces(piece, chunks::stdout);
    }

    @Override
    public void stderr(ByteBuffer bytes) {
        ByteBuffer piece = first(bytes, STREAM_BYTES - stderrBytes);
        stderrCut |= piece.remaining() < bytes.remaining();
        stderrBytes += piece.remaining();
        inPieces(piece, chunks::stderr);
    }

    /**
     * Stores a file completely or not at all, because the rest is no longer available when the output is requested
     * again.
     */
    @Override
    public void file(String path, ByteBuffer part, boolean last) {
        fits = fits && fileBytes + file.size() + part.remaining() <= FILES_BYTES;
        if (fits) {
            byte[] copy = new byte[part.remaining()];
            part.duplicate().get(copy);
            file.write(copy, 0, copy.length);
        }
        if (last) {
            end(path);
        }
    }

    private void end(String path) {
        if (fits) {
            fileBytes += file.size();
            ByteBuffer content = file.toByteString().asReadOnlyByteBuffer();
            if (!content.hasRemaining()) {
                chunks.file(path, content, true);
            }
            inPieces(content, piece -> chunks.file(path, piece, !content.hasRemaining()));
        }
        if (lost) {
            skip(path, "could not be stored");
        } else if (!fits) {
            skip(path, "is too large for the stored output");
        }
        file = ByteString.newOutput();
        fits = true;
    }

    private void skip(String path, String reason) {
        skippedTotal++;
        if (skipped.size() < MAX_SKIPPED) {
            skipped.add(ExecutionProtos.skipped(path, reason));
        }
    }

    /** Returns the last chunk, which reports what was left out. */
    ExecuteChunk last(ExecuteMetadata metadata) {
        chunks.endOutput();
        ExecuteMetadata.Builder last = metadata.toBuilder()
                .setStdoutTruncated(metadata.getStdoutTruncated() || stdoutCut || lost)
                .setStderrTruncated(metadata.getStderrTruncated() || stderrCut || lost)
                .setSkippedTotal(metadata.getSkippedTotal() + skippedTotal);
        skipped.stream().limit(MAX_SKIPPED - last.getSkippedFilesCount()).forEach(last::addSkippedFiles);
        return ExecuteChunk.newBuilder().setIsFinal(true).setMetadata(last).build();
    }

    private static void inPieces(ByteBuffer bytes, Consumer<ByteBuffer> sink) {
        while (bytes.hasRemaining()) {
            ByteBuffer piece = first(bytes, CHUNK_BYTES);
            bytes.position(bytes.position() + piece.remaining());
            sink.accept(piece);
        }
    }

    private static ByteBuffer first(ByteBuffer bytes, int room) {
        return bytes.slice(bytes.position(), Math.min(room, bytes.remaining()));
    }
}

package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

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

/** Of an execution whose answer is kept: 4 MiB of each stream and of its files. Used by one thread. */
final class KeptOutput implements OutputSink {
    private static final int STREAM_BYTES = 4 << 20;
    private static final int FILES_BYTES = 4 << 20;
    private static final int MAX_SKIPPED = 16;

    /** Of each chunk, so that a reader holds little in memory at a time. */
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

    /** @param keeper returns false for what it cannot keep */
    KeptOutput(Predicate<ExecuteChunk> keeper) {
        requireNonNull(keeper, "keeper is null");
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

    /** Whole or not at all: what is kept is asked for when nobody can send the rest any more. */
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
            skip(path, "could not be kept");
        } else if (!fits) {
            skip(path, "is too large for an answer that is kept");
        }
        file = ByteString.newOutput();
        fits = true;
    }

    private void skip(String path, String reason) {
        skippedTotal++;
        if (skipped.size() < MAX_SKIPPED) {
            skipped.add(ExecutionMessages.skipped(path, reason));
        }
    }

    /** No more will come; what was left out is said in the last chunk. */
    ExecuteChunk last(ExecuteMetadata metadata) {
        chunks.endOutput();
        ExecuteMetadata.Builder told = metadata.toBuilder()
                .setStdoutTruncated(metadata.getStdoutTruncated() || stdoutCut || lost)
                .setStderrTruncated(metadata.getStderrTruncated() || stderrCut || lost)
                .setSkippedTotal(metadata.getSkippedTotal() + skippedTotal);
        skipped.stream().limit(MAX_SKIPPED - told.getSkippedFilesCount()).forEach(told::addSkippedFiles);
        return ExecuteChunk.newBuilder().setIsFinal(true).setMetadata(told).build();
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

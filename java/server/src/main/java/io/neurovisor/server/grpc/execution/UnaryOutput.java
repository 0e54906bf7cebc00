package io.neurovisor.server.grpc.execution;

import com.google.protobuf.ByteString;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.proto.execution.ExecuteMetadata;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.OutputFile;
import io.neurovisor.proto.execution.SkippedFile;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Collects the output that fits into one response: 1.5 MiB of each stream, and files in the rest of 4 MiB, which is the
 * default limit of gRPC clients. Output that exceeds the memory limit is left out, too. Not thread-safe.
 */
final class UnaryOutput implements OutputSink {
    private static final int STREAM_BYTES = 3 << 19;

    /** The limit for output that is not UTF-8, because replacing a byte may take three. */
    private static final int REPLACED_BYTES = 100 << 10;

    /** The limit for output and files together. */
    static final int MOST_BYTES = (4 << 20) - (64 << 10);

    private static final int FILE_OVERHEAD_BYTES = 32;
    private static final int MAX_SKIPPED = 16;

    private final LongPredicate memory;
    private final Stream stdout = new Stream();
    private final Stream stderr = new Stream();
    private final List<OutputFile> files = new ArrayList<>();
    private final List<SkippedFile> skipped = new ArrayList<>();
    private ByteString.Output file = ByteString.newOutput();
    private int skippedTotal;
    private long outputBytes = -1;
    private long fileBytes;
    private boolean fits = true;

    /** @param memory reserves this many more bytes; returns false if they exceed the limit */
    UnaryOutput(LongPredicate memory) {
        this.memory = memory;
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
        fits = fits
                && part.remaining() + path.length() * 3L + FILE_OVERHEAD_BYTES <= room()
                && memory.test(part.remaining());
        if (fits) {
            fileBytes += part.remaining();
            write(file, part);
        }
        if (last) {
            end(path);
        }
    }

    private void end(String path) {
        if (fits) {
            files.add(OutputFile.newBuilder()
                    .setPath(path)
                    .setContent(file.toByteString())
                    .build());
            fileBytes += path.length() * 3L + FILE_OVERHEAD_BYTES;
        } else {
            fileBytes -= file.size();
            skippedTotal++;
            if (skipped.size() < MAX_SKIPPED) {
                skipped.add(ExecutionProtos.skipped(
                        path, "is too large for one answer; ExecuteStream sends files of any allowed size"));
            }
        }
        file = ByteString.newOutput();
        fits = true;
    }

    /** Called first when all output has arrived, because files come after it. */
    private long room() {
        if (outputBytes < 0) {
            outputBytes = stdout.size() + stderr.size();
        }
        return MOST_BYTES - outputBytes - fileBytes;
    }

    ExecuteResponse response(ExecuteMetadata metadata) {
        ExecuteResponse.Builder response = ExecuteResponse.newBuilder()
                .setStdout(stdout.text())
                .setStderr(stderr.text())
                .setStdoutRaw(stdout.raw())
                .setStderrRaw(stderr.raw())
                .setExitCode(metadata.getExitCode())
                .setDurationMs(metadata.getDurationMs())
                .setTimedOut(metadata.getTimedOut())
                .setOutcome(metadata.getOutcome())
                .setSignal(metadata.getSignal())
                .setStdoutTruncated(metadata.getStdoutTruncated() || stdout.cut)
                .setStderrTruncated(metadata.getStderrTruncated() || stderr.cut)
                .setTraceId(metadata.getTraceId())
                .setKilledProcess(metadata.getKilledProcess())
                .setBackgroundProcesses(metadata.getBackgroundProcesses())
                .addAllFiles(files)
                .addAllSkippedFiles(metadata.getSkippedFilesList())
                .setSkippedTotal(metadata.getSkippedTotal() + skippedTotal)
                .setWarmInterpreter(metadata.getWarmInterpreter())
                .setHost(metadata.getHost());
        skipped.stream().limit(MAX_SKIPPED - response.getSkippedFilesCount()).forEach(response::addSkippedFiles);
        return response.build();
    }

    private static void write(ByteString.Output target, ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        target.write(copy, 0, copy.length);
    }

    private final class Stream {
        private final ByteString.Output beginning = ByteString.newOutput();
        private boolean cut;
        /** Set after the last output. */
        private @Nullable ByteString whole;

        void add(ByteBuffer bytes) {
            int room = cut ? 0 : STREAM_BYTES - beginning.size();
            ByteBuffer piece = bytes.slice(bytes.position(), Math.min(room, bytes.remaining()));
            boolean fits = memory.test(piece.remaining());
            cut |= !fits || piece.remaining() < bytes.remaining();
            if (fits) {
                write(beginning, piece);
            }
        }

        long size() {
            return beginning.size() + (isText() ? 0 : 3L * REPLACED_BYTES);
        }

        /** Returns the exact bytes if they are not valid UTF-8. */
        ByteString raw() {
            return isText() ? ByteString.EMPTY : whole();
        }

        String text() {
            ByteString bytes = whole();
            return (isText() ? bytes : bytes.substring(0, Math.min(bytes.size(), REPLACED_BYTES))).toStringUtf8();
        }

        private boolean isText() {
            return whole().isValidUtf8();
        }

        private ByteString whole() {
            if (whole == null) {
                whole = cutBetweenCharacters();
            }
            return whole;
        }

        /** Removes the first bytes of a character that was cut by the limit. */
        private ByteString cutBetweenCharacters() {
            ByteString bytes = beginning.toByteString();
            for (int less = 1; cut && less <= 3; less++) {
                ByteString shorter = bytes.substring(0, bytes.size() - less);
                if (!bytes.isValidUtf8() && shorter.isValidUtf8()) {
                    return shorter;
                }
            }
            return bytes;
        }
    }
}

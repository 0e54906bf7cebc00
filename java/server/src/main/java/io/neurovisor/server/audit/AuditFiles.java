package io.neurovisor.server.audit;

import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The files of the audit log: {@code audit.jsonl}, to which lines are appended, {@code audit-1.jsonl} to {@code
 * audit-3.jsonl} with the lines before those, and {@code audit-4.jsonl} with what is kept of older ones (see {@link
 * AuditArchive}). Several processes may append simultaneously.
 *
 * <p>Lines are appended completely or not at all. A line that was truncated when another process was killed is
 * terminated, so that no later line is lost with it.
 */
final class AuditFiles {
    /**
     * Shares of the size limit: one for each of the first four files, three for the oldest, and three while that is
     * rewritten.
     */
    static final int SHARES = 10;

    private static final Set<OpenOption> OPTIONS = Set.of(
            StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    private final Path directory;
    private final OptionalLong maxBytes;
    private boolean joined;

    /** @param maxBytes of all files together; empty for no limit */
    AuditFiles(Path directory, OptionalLong maxBytes) {
        this.directory = directory.toAbsolutePath().normalize();
        this.maxBytes = maxBytes;
    }

    Path current() {
        return file(directory, 0);
    }

    static Path file(Path directory, int number) {
        return directory.resolve(number == 0 ? "audit.jsonl" : "audit-" + number + ".jsonl");
    }

    static long size(Path file) throws IOException {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS) ? Files.size(file) : 0;
    }

    /**
     * Appends lines and waits until they are on disk.
     *
     * @param lines each with its end
     */
    void add(byte[] lines) {
        PrivateFiles.directory(directory);
        try (PathLock _ = PathLock.acquire(directory.resolve(".lock"), () -> {})) {
            if (!joined) {
                // Completes what a killed process has left.
                new AuditArchive(directory, 0).finish();
                joined = true;
            }
            rotate(lines.length);
            write(lines);
        } catch (IOException failure) {
            throw StorageFaults.of("write", current(), failure);
        }
    }

    private void write(byte[] lines) throws IOException {
        try (FileChannel file = FileChannel.open(current(), OPTIONS, PrivateFiles.ownerOnly())) {
            long end = file.size();
            try {
                if (isCut(file, end)) {
                    writeFully(file, new byte[] {'\n'}, end);
                    writeFully(file, lines, end + 1);
                } else {
                    writeFully(file, lines, end);
                }
                file.force(false);
            } catch (IOException failure) {
                // Half a line would look like an execution that was rejected.
                file.truncate(end);
                throw failure;
            }
        }
    }

    private static boolean isCut(FileChannel file, long end) throws IOException {
        ByteBuffer last = ByteBuffer.allocate(1);
        return end > 0 && file.read(last, end - 1) == 1 && last.get(0) != '\n';
    }

    private static void writeFully(FileChannel file, byte[] bytes, long position) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        while (left.hasRemaining()) {
            file.write(left, position + left.position());
        }
    }

    private void rotate(int coming) throws IOException {
        if (maxBytes.isEmpty()) {
            return;
        }
        long share = maxBytes.getAsLong() / SHARES;
        long size = size(current());
        if (size == 0 || size + coming <= share) {
            return;
        }
        AuditArchive old = new AuditArchive(directory, AuditArchive.SHARES * share);
        old.finish();
        old.join(firstOld(share));
        for (int number = AuditArchive.NUMBER - 1; number > 0; number--) {
            Path newer = file(directory, number - 1);
            if (Files.exists(newer, LinkOption.NOFOLLOW_LINKS)) {
                Files.move(newer, file(directory, number), StandardCopyOption.ATOMIC_MOVE);
            }
        }
    }

    /** Returns the first file that no longer fits, which is an earlier one after the limit was lowered. */
    private int firstOld(long share) throws IOException {
        long kept = 0;
        for (int number = 0; number < AuditArchive.NUMBER - 1; number++) {
            kept += size(file(directory, number));
            if (kept > (AuditArchive.NUMBER - 1) * share) {
                return number;
            }
        }
        return AuditArchive.NUMBER - 1;
    }
}

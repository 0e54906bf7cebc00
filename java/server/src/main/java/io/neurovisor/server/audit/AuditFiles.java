package io.neurovisor.server.audit;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.store.PathLock;
import io.neurovisor.host.store.PrivateFiles;
import io.neurovisor.host.store.StorageFaults;
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
 * Files that lines are added to: {@code audit.jsonl}, and up to nine older ones, {@code audit-1.jsonl} being the newest of
 * them. Processes may add lines at the same time.
 *
 * <p>What is added is on the disk, or else nothing of it is in the file. A line that another process's end has cut becomes a
 * line of its own, so that no later one is lost with it.
 */
final class AuditFiles {
    static final int MOST_FILES = 10;

    private static final Set<OpenOption> OPTIONS = Set.of(
            StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    private final Path directory;
    private final OptionalLong maxBytes;

    /** @param maxBytes of all files together; none are removed where it is empty */
    AuditFiles(Path directory, OptionalLong maxBytes) {
        this.directory = directory.toAbsolutePath().normalize();
        this.maxBytes = requireNonNull(maxBytes, "maxBytes is null");
    }

    Path current() {
        return directory.resolve("audit.jsonl");
    }

    private Path older(int number) {
        return directory.resolve("audit-" + number + ".jsonl");
    }

    /** @param lines each with its end */
    void add(byte[] lines) {
        PrivateFiles.directory(directory);
        try (PathLock _ = PathLock.acquire(directory.resolve(".lock"), () -> {})) {
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
                // Half a line would be taken for an execution that somebody has been refused.
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
        if (maxBytes.isEmpty() || !Files.exists(current(), LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        long share = maxBytes.getAsLong() / MOST_FILES;
        long size = Files.size(current());
        if (size == 0 || size + coming <= share) {
            return;
        }
        for (int number = MOST_FILES - 1; number > 0; number--) {
            Path newer = number == 1 ? current() : older(number - 1);
            if (Files.exists(newer, LinkOption.NOFOLLOW_LINKS)) {
                Files.move(newer, older(number), StandardCopyOption.ATOMIC_MOVE);
            }
        }
        removeExcess(maxBytes.getAsLong() - share);
    }

    /** The limit may have been a larger one when the older files were written. */
    private void removeExcess(long allowed) throws IOException {
        long bytes = 0;
        for (int number = 1; number < MOST_FILES; number++) {
            if (Files.exists(older(number), LinkOption.NOFOLLOW_LINKS)) {
                bytes += Files.size(older(number));
                if (bytes > allowed) {
                    Files.delete(older(number));
                }
            }
        }
    }
}

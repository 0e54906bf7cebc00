package io.neurovisor.server.sandbox;

import io.neurovisor.engine.file.FileAttributes;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileEvents;
import io.neurovisor.engine.file.FilePage;
import io.neurovisor.engine.file.FileReader;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.time.Deadline;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongConsumer;

/**
 * The files of a sandbox, whose writes are counted.
 *
 * @param written receives the bytes of each write when it ends, finished or not
 */
record AuditedFiles(GuestFiles files, LongConsumer written) implements GuestFiles {
    @Override
    public FileReader read(String path, long offset, Optional<Long> length, Deadline deadline) {
        return files.read(path, offset, length, deadline);
    }

    @Override
    public FileWriter write(FileTarget target) {
        return new CountedWriter(files.write(target), written);
    }

    @Override
    public FileEntry stat(String path, Deadline deadline) {
        return files.stat(path, deadline);
    }

    @Override
    public FilePage list(String path, int depth, int pageSize, Optional<String> from, Deadline deadline) {
        return files.list(path, depth, pageSize, from, deadline);
    }

    @Override
    public boolean makeDirectory(String path, OptionalInt permissions, Deadline deadline) {
        return files.makeDirectory(path, permissions, deadline);
    }

    @Override
    public FileEntry move(String source, String destination, Deadline deadline) {
        return files.move(source, destination, deadline);
    }

    @Override
    public void remove(String path, boolean recursive, Deadline deadline) {
        files.remove(path, recursive, deadline);
    }

    @Override
    public FileEntry setAttributes(String path, FileAttributes attributes, Deadline deadline) {
        return files.setAttributes(path, attributes, deadline);
    }

    @Override
    public FileEvents watch(String path, boolean recursive, Deadline deadline) {
        return files.watch(path, recursive, deadline);
    }

    private static final class CountedWriter implements FileWriter {
        private final FileWriter writer;
        private final LongConsumer written;
        private long bytes;

        CountedWriter(FileWriter writer, LongConsumer written) {
            this.writer = writer;
            this.written = written;
        }

        @Override
        public void write(ByteBuffer part) {
            bytes += part.remaining();
            writer.write(part);
        }

        @Override
        public FileEntry finish() {
            return writer.finish();
        }

        @Override
        public void close() {
            writer.close();
            written.accept(bytes);
        }
    }
}

package io.neurovisor.engine.sandbox.calls;

import io.neurovisor.engine.file.FileAttributes;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileEvent;
import io.neurovisor.engine.file.FileEvents;
import io.neurovisor.engine.file.FilePage;
import io.neurovisor.engine.file.FileReader;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.time.Deadline;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The files of a sandbox: the failure of a call during which it has ended or was paused says so. */
public record GuardedFiles(GuestCalls calls) implements GuestFiles {
    @Override
    public FileReader read(String path, long offset, Optional<Long> length, Deadline deadline) {
        return calls.open((machine, guard) -> new Reader(guard, machine.files().read(path, offset, length, deadline)));
    }

    @Override
    public FileWriter write(FileTarget target) {
        return calls.open((machine, guard) -> new Writer(guard, machine.files().write(target)));
    }

    @Override
    public FileEntry stat(String path, Deadline deadline) {
        return calls.call(machine -> machine.files().stat(path, deadline));
    }

    @Override
    public FilePage list(String path, int depth, int pageSize, Optional<String> from, Deadline deadline) {
        return calls.call(machine -> machine.files().list(path, depth, pageSize, from, deadline));
    }

    @Override
    public boolean makeDirectory(String path, OptionalInt permissions, Deadline deadline) {
        return calls.call(machine -> machine.files().makeDirectory(path, permissions, deadline));
    }

    @Override
    public FileEntry move(String source, String destination, Deadline deadline) {
        return calls.call(machine -> machine.files().move(source, destination, deadline));
    }

    @Override
    public void remove(String path, boolean recursive, Deadline deadline) {
        calls.run(machine -> machine.files().remove(path, recursive, deadline));
    }

    @Override
    public FileEntry setAttributes(String path, FileAttributes attributes, Deadline deadline) {
        return calls.call(machine -> machine.files().setAttributes(path, attributes, deadline));
    }

    @Override
    public FileEvents watch(String path, boolean recursive, Deadline deadline) {
        return calls.open((machine, guard) -> new Events(guard, machine.files().watch(path, recursive, deadline)));
    }

    private record Reader(GuestCalls.Guard guard, FileReader reader) implements FileReader {
        @Override
        public FileEntry entry() {
            return reader.entry();
        }

        @Override
        public Optional<ByteBuffer> next() {
            return guard.get(reader::next);
        }

        @Override
        public void close() {
            try (guard) {
                reader.close();
            }
        }
    }

    private record Writer(GuestCalls.Guard guard, FileWriter writer) implements FileWriter {
        @Override
        public void write(ByteBuffer bytes) {
            guard.run(() -> writer.write(bytes));
        }

        @Override
        public FileEntry finish() {
            return guard.get(writer::finish);
        }

        @Override
        public void close() {
            try (guard) {
                writer.close();
            }
        }
    }

    private record Events(GuestCalls.Guard guard, FileEvents events) implements FileEvents {
        @Override
        public List<FileEvent> next() {
            return guard.get(events::next);
        }

        @Override
        public void close() {
            try (guard) {
                events.close();
            }
        }
    }
}

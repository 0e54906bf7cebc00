package io.neurovisor.engine.sandbox;

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

/** The files of a sandbox: a failure that comes from the end of the sandbox says how it ended. */
record GuardedFiles(SandboxCalls calls) implements GuestFiles {
    @Override
    public FileReader read(String path, long offset, Optional<Long> length, Deadline deadline) {
        return new Reader(calls, calls.call(machine -> machine.files().read(path, offset, length, deadline)));
    }

    @Override
    public FileWriter write(FileTarget target) {
        return new Writer(calls, calls.call(machine -> machine.files().write(target)));
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
        return new Events(calls, calls.call(machine -> machine.files().watch(path, recursive, deadline)));
    }

    private record Reader(SandboxCalls calls, FileReader reader) implements FileReader {
        @Override
        public FileEntry entry() {
            return reader.entry();
        }

        @Override
        public Optional<ByteBuffer> next() {
            return calls.guarded(reader::next);
        }

        @Override
        public void close() {
            reader.close();
        }
    }

    private record Writer(SandboxCalls calls, FileWriter writer) implements FileWriter {
        @Override
        public void write(ByteBuffer bytes) {
            calls.guardedRun(() -> writer.write(bytes));
        }

        @Override
        public FileEntry finish() {
            return calls.guarded(writer::finish);
        }

        @Override
        public void close() {
            writer.close();
        }
    }

    private record Events(SandboxCalls calls, FileEvents events) implements FileEvents {
        @Override
        public List<FileEvent> next() {
            return calls.guarded(events::next);
        }

        @Override
        public void close() {
            events.close();
        }
    }
}

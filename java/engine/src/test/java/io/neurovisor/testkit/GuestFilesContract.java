package io.neurovisor.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FileAttributes;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileEvent;
import io.neurovisor.engine.file.FileEvents;
import io.neurovisor.engine.file.FilePage;
import io.neurovisor.engine.file.FileReader;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileType;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.file.WriteMode;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The behaviour of all {@link GuestFiles}. Each test uses directories of other names. */
@Timeout(120)
public abstract class GuestFilesContract {
    private static final WriteMode REPLACE = new WriteMode.Replace();

    protected abstract GuestFiles files();

    /** Returns a directory in which the sandbox's user may not write. */
    protected abstract String forbidden();

    /** Returns how many bytes certainly do not fit. */
    protected abstract long tooMuch();

    @Test
    public void readsWhatWasWritten() {
        byte[] content = random(300_000);
        FileEntry written = write("read/a/b/file", REPLACE, content);

        assertThat(written.path()).startsWith("/").endsWith("/read/a/b/file");
        assertThat(written.name()).isEqualTo("file");
        assertThat(written.type()).isEqualTo(FileType.FILE);
        assertThat(written.size()).isEqualTo(content.length);
        assertThat(written.mode()).isEqualTo(0644);
        assertThat(read("read/a/b/file", 0, Optional.empty())).isEqualTo(content);
        assertThat(read(written.path(), 0, Optional.empty())).isEqualTo(content);
        write("read/empty", REPLACE, new byte[0]);
        assertThat(read("read/empty", 0, Optional.empty())).isEmpty();
    }

    @Test
    public void readsRanges() {
        byte[] content = random(200_000);
        write("range", REPLACE, content);

        assertThat(read("range", 100_000, Optional.of(70_000L)))
                .isEqualTo(Arrays.copyOfRange(content, 100_000, 170_000));
        assertThat(read("range", 199_990, Optional.of(1000L))).isEqualTo(Arrays.copyOfRange(content, 199_990, 200_000));
        assertThat(read("range", 200_000, Optional.empty())).isEmpty();
        assertFault(Fault.INVALID_ARGUMENT, () -> read("range", 200_001, Optional.empty()));
    }

    @Test
    public void replacesWhenTheWritingHasFinished() {
        write(new FileTarget("replace", REPLACE, OptionalInt.of(0600), Map.of()), text("old"));
        try (FileWriter writer = files().write(new FileTarget("replace", REPLACE, OptionalInt.empty(), Map.of()))) {
            writer.write(ByteBuffer.wrap(text("new")));
            assertThat(read("replace", 0, Optional.empty())).isEqualTo(text("old"));
            assertThat(writer.finish().mode()).isEqualTo(0600);
        }
        assertThat(read("replace", 0, Optional.empty())).isEqualTo(text("new"));
    }

    @Test
    public void keepsTheFileWhoseReplacementIsUnfinished() {
        write("kept/file", REPLACE, text("old"));
        try (FileWriter writer = files().write(target("kept/file", REPLACE))) {
            writer.write(ByteBuffer.wrap(random(200_000)));
        }
        assertThat(read("kept/file", 0, Optional.empty())).isEqualTo(text("old"));
    }

    @Test
    public void appends() {
        write("append", new WriteMode.Append(), text("one"));
        write("append", new WriteMode.Append(), text(" two"));
        assertThat(read("append", 0, Optional.empty())).isEqualTo(text("one two"));
    }

    @Test
    public void createsOnlyNewFiles() {
        write("created", new WriteMode.CreateNew(), text("one"));
        assertFault(Fault.FILE_EXISTS, () -> write("created", new WriteMode.CreateNew(), text("two")));
        assertThat(read("created", 0, Optional.empty())).isEqualTo(text("one"));
    }

    @Test
    public void overwritesARange() {
        write("overwritten", REPLACE, text("0123456789"));
        write("overwritten", new WriteMode.Range(8), text("abcd"));
        assertThat(read("overwritten", 0, Optional.empty())).isEqualTo(text("01234567abcd"));
        assertFault(Fault.INVALID_ARGUMENT, () -> write("overwritten", new WriteMode.Range(13), text("a")));
        assertFault(Fault.FILE_UNKNOWN, () -> write("not-overwritten", new WriteMode.Range(0), text("a")));
    }

    @Test
    public void setsAttributes() {
        write(new FileTarget("attributes", REPLACE, OptionalInt.of(0750), Map.of("one", bytes("1"))), text("content"));
        FileEntry before = files().stat("attributes", deadline());
        assertThat(before.mode()).isEqualTo(0750);
        assertThat(before.xattrs()).containsExactly(Map.entry("one", bytes("1")));

        files().setAttributes(
                        "attributes",
                        new FileAttributes(OptionalInt.of(0700), Map.of("two", bytes("")), Set.of("one")),
                        deadline());
        FileEntry after = files().stat("attributes", deadline());
        assertThat(after.mode()).isEqualTo(0700);
        assertThat(after.xattrs()).containsExactly(Map.entry("two", bytes("")));
    }

    @Test
    public void listsByPages() {
        List.of("b/2", "b/1", "b/1/deep", "a", "b.txt", "c")
                .forEach(name -> assertThat(
                                files().makeDirectory("list/" + name + "/in", OptionalInt.empty(), deadline()))
                        .isTrue());

        assertThat(listed("list", 1, 1000)).containsExactly("a", "b", "b.txt", "c");
        List<String> all = listed("list", 3, 1000);
        assertThat(all)
                .containsExactly(
                        "a",
                        "a/in",
                        "b",
                        "b/1",
                        "b/1/deep",
                        "b/1/in",
                        "b/2",
                        "b/2/in",
                        "b.txt",
                        "b.txt/in",
                        "c",
                        "c/in");
        assertThat(listed("list", 3, 5)).isEqualTo(all);
        assertThat(listed("list", 3, 1)).isEqualTo(all);
        assertThat(listed("list/a/in", 1, 10)).isEmpty();
    }

    @Test
    public void makesDirectories() {
        assertThat(files().makeDirectory("made/in/here", OptionalInt.of(0700), deadline()))
                .isTrue();
        assertThat(files().makeDirectory("made/in/here", OptionalInt.empty(), deadline()))
                .isFalse();
        assertThat(files().stat("made/in/here", deadline()).mode()).isEqualTo(0700);
        assertThat(files().stat("made/in", deadline()).mode()).isEqualTo(0755);
        write("made/file", REPLACE, text("content"));
        assertFault(Fault.FILE_EXISTS, () -> files().makeDirectory("made/file", OptionalInt.empty(), deadline()));
    }

    @Test
    public void moves() {
        write("moved/a/file", REPLACE, text("a"));
        write("moved/b/file", REPLACE, text("b"));

        assertThat(files().move("moved/a/file", "moved/b/file", deadline()).path())
                .endsWith("/moved/b/file");
        assertThat(read("moved/b/file", 0, Optional.empty())).isEqualTo(text("a"));
        assertFault(Fault.FILE_UNKNOWN, () -> files().stat("moved/a/file", deadline()));
        assertThat(files().move("moved/b", "moved/c", deadline()).type()).isEqualTo(FileType.DIRECTORY);
        assertThat(read("moved/c/file", 0, Optional.empty())).isEqualTo(text("a"));
        assertFault(Fault.NOT_EMPTY, () -> files().move("moved/a", "moved/c", deadline()));
        assertFault(Fault.FILE_UNKNOWN, () -> files().move("moved/b", "moved/d", deadline()));
    }

    @Test
    public void removes() {
        write("removed/a/file", REPLACE, text("a"));
        assertFault(Fault.NOT_EMPTY, () -> files().remove("removed", false, deadline()));
        files().remove("removed/a/file", false, deadline());
        files().remove("removed/a", false, deadline());
        write("removed/b/c/file", REPLACE, text("b"));
        files().remove("removed", true, deadline());
        assertFault(Fault.FILE_UNKNOWN, () -> files().remove("removed", true, deadline()));
    }

    @Test
    public void namesWhatIsMissing() {
        assertFault(Fault.FILE_UNKNOWN, () -> files().stat("missing", deadline()));
        assertFault(Fault.FILE_UNKNOWN, () -> read("missing", 0, Optional.empty()));
        assertFault(Fault.FILE_UNKNOWN, () -> files().list("missing", 1, 10, Optional.empty(), deadline()));
        assertFault(Fault.FILE_UNKNOWN, () -> files().watch("missing", true, deadline()));
        assertFault(
                Fault.FILE_UNKNOWN,
                () -> files().setAttributes(
                                "missing", new FileAttributes(OptionalInt.of(0600), Map.of(), Set.of()), deadline()));
    }

    @Test
    public void distinguishesFilesFromDirectories() {
        write("kinds/file", REPLACE, text("content"));
        assertFault(Fault.NOT_A_DIRECTORY, () -> files().stat("kinds/file/below", deadline()));
        assertFault(Fault.NOT_A_DIRECTORY, () -> write("kinds/file/below", REPLACE, text("content")));
        assertFault(Fault.NOT_A_DIRECTORY, () -> files().list("kinds/file", 1, 10, Optional.empty(), deadline()));
        assertFault(Fault.NOT_A_DIRECTORY, () -> read("kinds", 0, Optional.empty()));
        assertFault(Fault.NOT_A_DIRECTORY, () -> write("kinds", REPLACE, text("content")));
    }

    @Test
    public void refusesWhatTheUserMayNotDo() {
        assertFault(Fault.FILE_FORBIDDEN, () -> write(forbidden() + "/file", REPLACE, text("content")));
        assertFault(
                Fault.FILE_FORBIDDEN,
                () -> files().makeDirectory(forbidden() + "/directory", OptionalInt.empty(), deadline()));
    }

    @Test
    public void keepsTheOldFileWhenTheDiskIsFull() {
        write("full/file", REPLACE, text("old"));
        assertFault(Fault.DISK_FULL, () -> {
            try (FileWriter writer = files().write(target("full/file", REPLACE))) {
                ByteBuffer part = ByteBuffer.wrap(random(1 << 20));
                for (long written = 0; written < tooMuch(); written += part.capacity()) {
                    writer.write(part.duplicate());
                }
                writer.finish();
            }
        });
        assertThat(read("full/file", 0, Optional.empty())).isEqualTo(text("old"));
        assertThat(listed("full", 1, 10)).containsExactly("file");
        write("full/file", REPLACE, text("new"));
    }

    @Test
    public void watchesADirectory() {
        files().makeDirectory("watched/inner", OptionalInt.empty(), deadline());
        try (FileEvents events = files().watch("watched", true, deadline())) {
            write("watched/inner/a", REPLACE, text("content"));
            awaitEvent(
                    events,
                    event -> event.equals(new FileEvent.Created("inner/a"))
                            || event.equals(new FileEvent.Written("inner/a")));
            files().move("watched/inner/a", "watched/inner/b", deadline());
            awaitEvent(events, new FileEvent.Renamed("inner/a", "inner/b")::equals);
            files().setAttributes(
                            "watched/inner/b",
                            new FileAttributes(OptionalInt.of(0600), Map.of(), Set.of()),
                            deadline());
            awaitEvent(events, new FileEvent.AttributesChanged("inner/b")::equals);
            files().remove("watched/inner/b", false, deadline());
            awaitEvent(events, new FileEvent.Removed("inner/b")::equals);
            files().makeDirectory("watched/later", OptionalInt.empty(), deadline());
            awaitEvent(events, new FileEvent.Created("later")::equals);
            write("watched/later/c", new WriteMode.Append(), text("content"));
            awaitEvent(events, new FileEvent.Created("later/c")::equals);
        }
    }

    private static void awaitEvent(FileEvents events, Predicate<FileEvent> expected) {
        while (events.next().stream().noneMatch(expected)) {
            // Other events may come before.
        }
    }

    /** Returns the relative paths of all pages. */
    private List<String> listed(String directory, int depth, int pageSize) {
        String parent = files().stat(directory, deadline()).path() + "/";
        List<String> paths = new ArrayList<>();
        FilePage page = files().list(directory, depth, pageSize, Optional.empty(), deadline());
        while (true) {
            assertThat(page.entries()).hasSizeLessThanOrEqualTo(pageSize);
            page.entries().forEach(entry -> paths.add(entry.path().substring(parent.length())));
            if (page.next().isEmpty()) {
                return paths;
            }
            page = files().list(directory, depth, pageSize, page.next(), deadline());
        }
    }

    private byte[] read(String path, long offset, Optional<Long> length) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        try (FileReader reader = files().read(path, offset, length, deadline())) {
            for (Optional<ByteBuffer> part = reader.next(); part.isPresent(); part = reader.next()) {
                byte[] bytes = new byte[part.get().remaining()];
                part.get().get(bytes);
                content.writeBytes(bytes);
            }
        }
        return content.toByteArray();
    }

    private FileEntry write(String path, WriteMode mode, byte[] content) {
        return write(target(path, mode), content);
    }

    private FileEntry write(FileTarget target, byte[] content) {
        try (FileWriter writer = files().write(target)) {
            writer.write(ByteBuffer.wrap(content));
            return writer.finish();
        }
    }

    private static FileTarget target(String path, WriteMode mode) {
        return new FileTarget(path, mode, OptionalInt.empty(), Map.of());
    }

    private static void assertFault(Fault fault, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault())
                                .as(exception.getMessage())
                                .isEqualTo(fault));
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text(text));
    }

    private static Deadline deadline() {
        return Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM);
    }
}

package io.neurovisor.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.program.SkippedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OutputDirectoryTest {
    @TempDir
    Path scratch;

    @Test
    void createsDirectories() throws IOException {
        Path home = scratch.resolve("new/out");
        try (OutputDirectory directory = OutputDirectory.open(home)) {
            directory.file("a/b/plot.png", bytes("first "), false);
            directory.file("a/b/plot.png", bytes("second"), true);
            directory.file("empty", bytes(""), true);
            assertThat(directory.saved())
                    .containsExactly(
                            new OutputDirectory.SavedFile("a/b/plot.png", 12, home.resolve("a/b/plot.png")),
                            new OutputDirectory.SavedFile("empty", 0, home.resolve("empty")));
        }
        assertThat(home.resolve("a/b/plot.png")).hasContent("first second");
        assertThat(home.resolve("empty")).isEmptyFile();
    }

    @Test
    void unfinishedFilesLeaveNoTrace() throws IOException {
        Files.writeString(scratch.resolve("f"), "old");
        try (OutputDirectory directory = OutputDirectory.open(scratch)) {
            directory.file("f", bytes("new"), true);
            directory.file("g", bytes("half"), false);
        }
        assertThat(scratch.resolve("f")).hasContent("new");
        assertThat(names(scratch)).containsExactly("f");
    }

    /** Such a file may be a leftover of a killed process, or a file of the program. */
    @Test
    void acceptsNamesOfUnfinishedFiles() throws IOException {
        String unfinished = ".neurovisor-unfinished-" + ProcessHandle.current().pid();
        try (OutputDirectory directory = OutputDirectory.open(scratch)) {
            directory.file(unfinished, bytes("x"), true);
            directory.file("f", bytes("y"), true);
        }
        assertThat(scratch.resolve("f")).hasContent("y");
        assertThat(names(scratch)).containsExactlyInAnyOrder(unfinished, "f");
    }

    @Test
    void doesNotFollowLinks() throws IOException {
        Path elsewhere = Files.createDirectory(scratch.resolve("elsewhere"));
        Path home = Files.createDirectory(scratch.resolve("home"));
        Files.createSymbolicLink(home.resolve("directory"), elsewhere);
        Files.writeString(elsewhere.resolve("precious"), "precious");
        Files.createSymbolicLink(home.resolve("file"), elsewhere.resolve("precious"));
        try (OutputDirectory directory = OutputDirectory.open(home)) {
            directory.file("file", bytes("x"), true);
            directory.file("directory/y", bytes("y"), true);
            assertThat(directory.unsaved())
                    .singleElement()
                    .extracting(SkippedFile::reason)
                    .asString()
                    .contains("directory is a symbolic link");
        }
        assertThat(home.resolve("file")).hasContent("x").isRegularFile();
        assertThat(names(elsewhere)).containsExactly("precious");
        assertThat(elsewhere.resolve("precious")).hasContent("precious");
    }

    @Test
    void namesObstacles() throws IOException {
        Path file = Files.writeString(scratch.resolve("file"), "");
        assertThatThrownBy(() -> OutputDirectory.open(file)).hasMessageContaining("file is not a directory");
        Files.createDirectory(scratch.resolve("d"));
        try (OutputDirectory directory = OutputDirectory.open(scratch)) {
            directory.file("d", bytes("x"), false);
            directory.file("d", bytes("x"), true);
            directory.file("e", bytes("x"), true);
            assertThat(directory.unsaved())
                    .containsExactly(new SkippedFile("d", "cannot be written (a directory has that name)"));
        }
        assertThat(names(scratch)).containsExactly("d", "e", "file");
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}

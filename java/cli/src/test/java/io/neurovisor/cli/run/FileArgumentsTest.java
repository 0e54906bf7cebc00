package io.neurovisor.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.program.InputFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileArgumentsTest {
    @TempDir
    Path directory;

    @Test
    void placesFilesByName() throws IOException {
        String file = Files.writeString(directory.resolve("data.csv"), "a,b").toString();
        assertThat(paths(file)).containsExactly("data.csv");
        assertThat(paths(file + ":in/other.csv")).containsExactly("in/other.csv");
        assertThat(paths(file + ":in/")).containsExactly("in/data.csv");
        assertThat(StandardCharsets.UTF_8
                        .decode(read(file).getFirst().content())
                        .toString())
                .isEqualTo("a,b");
    }

    @Test
    void expandsDirectories() throws IOException {
        Files.createDirectories(directory.resolve("d/deep/empty"));
        Files.writeString(directory.resolve("d/b"), "");
        Files.writeString(directory.resolve("d/deep/a"), "");
        String tree = directory.resolve("d").toString();
        assertThat(paths(tree)).containsExactly("d/b", "d/deep/a");
        assertThat(paths(tree + ":.")).containsExactly("b", "deep/a");
        assertThat(paths(tree + ":x/y")).containsExactly("x/y/b", "x/y/deep/a");
        assertThat(paths(tree + "/.")).containsExactly("d/b", "d/deep/a");
    }

    @Test
    void keepsTheExecutableBit() throws IOException {
        Path tool = Files.writeString(directory.resolve("tool"), "#!/bin/sh");
        assertThat(read(tool.toString()).getFirst().executable()).isFalse();
        assertThat(tool.toFile().setExecutable(true)).isTrue();
        assertThat(read(tool.toString()).getFirst().executable()).isTrue();
    }

    @Test
    void rejectsFilesThatAreNotRegular() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("target"));
        assertRefused(link + " is a symbolic link", link.toString());
        assertRefused("link is a symbolic link", directory.toString());
        assertRefused("/dev/null is not a regular file", "/dev/null");
        assertRefused("/nowhere/x: no such file", "/nowhere/x");
    }

    @Test
    void rejectsPathsOutsideTheWorkingDirectory() throws IOException {
        String file = Files.writeString(directory.resolve("f"), "").toString();
        assertRefused("\"../f\" has a part that is \".\" or \"..\"", file + ":../f");
        assertRefused("\"/f\" is absolute", file + ":/f");
        assertRefused("\"a//f\" has an empty part", file + ":a//f");
        assertRefused("is not HOST or HOST:GUEST", file + ":");
        assertRefused("is not HOST or HOST:GUEST", ":f");
        assertRefused("\"a\\u000ab\" has a control character", file + ":a\nb");
    }

    @Test
    void limitsTheNumberOfFiles() throws IOException {
        for (int i = 0; i < 1000; i++) {
            Files.createFile(directory.resolve("f" + i));
        }
        assertThat(paths(directory.toString())).hasSize(1000);
        Files.createFile(directory.resolve("g"));
        assertRefused("more than 1000 files", directory.toString());
    }

    @Test
    void checksSizesBeforeReading() throws IOException {
        try (RandomAccessFile file =
                new RandomAccessFile(directory.resolve("big").toFile(), "rw")) {
            file.setLength(65L << 20);
        }
        assertRefused("the files hold 68157440 bytes and at most 67108864", directory.toString());
    }

    private List<String> paths(String argument) {
        return read(argument).stream().map(InputFile::path).toList();
    }

    private static List<InputFile> read(String argument) {
        return new FileArguments(List.of(argument)).read();
    }

    private static void assertRefused(String message, String argument) {
        assertThatThrownBy(() -> read(argument)).hasMessageContaining(message);
    }
}

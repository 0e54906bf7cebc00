package io.neurovisor.tests.repository;

import io.neurovisor.tests.fixtures.CommandLineRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The Markdown documents of the repository, by their paths in it. */
final class Documents {
    static final Path HOME = CommandLineRun.home();

    private static final List<String> TOP = List.of(
            "README.md",
            "ARCHITECTURE.md",
            "SECURITY.md",
            "CONTRIBUTING.md",
            "SPECIFICATION.md",
            "monitoring/README.md");

    private Documents() {}

    static List<String> all() throws IOException {
        List<String> all = new ArrayList<>(TOP);
        all.addAll(under("docs"));
        return all;
    }

    static List<String> under(String directory) throws IOException {
        try (Stream<Path> files = Files.walk(HOME.resolve(directory))) {
            return files.map(file -> HOME.relativize(file).toString())
                    .filter(name -> name.endsWith(".md"))
                    .sorted()
                    .toList();
        }
    }

    static String text(String name) {
        try {
            return Files.readString(HOME.resolve(name));
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    static List<String> lines(String name) {
        return text(name).lines().toList();
    }
}

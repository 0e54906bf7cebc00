package io.neurovisor.tests.repository;

import io.neurovisor.tests.fixtures.CommandLineRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The text files of the repository, without build output and texts of other projects. */
final class RepositoryFiles {
    static final Path HOME = CommandLineRun.home();

    private static final Pattern TEXT =
            Pattern.compile("neurovisor|.*\\.(java|rs|md|sh|proto|c|h|html|js|css|toml|ya?ml|py|go|service)");

    private static final Set<String> IGNORED = Set.of("target", "node_modules");

    private RepositoryFiles() {}

    static Stream<Path> texts() {
        return below(HOME)
                .filter(file -> TEXT.matcher(file.getFileName().toString()).matches());
    }

    static List<String> lines(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static Stream<Path> below(Path directory) {
        try (Stream<Path> children = Files.list(directory)) {
            return children.sorted().toList().stream().flatMap(RepositoryFiles::files);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static Stream<Path> files(Path path) {
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            return Files.isRegularFile(path) ? Stream.of(path) : Stream.empty();
        }
        String name = path.getFileName().toString();
        return name.startsWith(".") || IGNORED.contains(name) ? Stream.empty() : below(path);
    }
}

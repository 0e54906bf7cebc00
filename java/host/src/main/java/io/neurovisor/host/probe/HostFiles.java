package io.neurovisor.host.probe;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The small files in which the kernel tells about this machine and its processes. What cannot be read is absent, for a file
 * of a process may go at any time; bytes that are no text are replaced, and of an endless file only the beginning is read.
 */
public final class HostFiles {
    /** The files of the machine this runs on. */
    public static final HostFiles SYSTEM = new HostFiles(Path.of("/"));

    /** More than any of them holds; a process with very many mounts has the longest. */
    private static final int MAX_BYTES = 1 << 20;

    /** No more digits than times 1024 is still a number. */
    private static final Pattern KIBIBYTES = Pattern.compile("\\w+:\\s+(\\d{1,15}) kB");

    private final Path root;

    /** @param root where {@code proc}, {@code sys} and the others are */
    public HostFiles(Path root) {
        this.root = requireNonNull(root, "root is null");
    }

    /** A file of that absolute name. */
    public Path path(String name) {
        return root.resolve(name.substring(1));
    }

    /** The text without the spaces around it. */
    public Optional<String> text(String name) {
        try (InputStream stream = Files.newInputStream(path(name))) {
            return Optional.of(new String(stream.readNBytes(MAX_BYTES), StandardCharsets.UTF_8).strip());
        } catch (IOException | UnsupportedOperationException absent) {
            return Optional.empty();
        }
    }

    public List<String> lines(String name) {
        return text(name).map(text -> text.lines().toList()).orElse(List.of());
    }

    /** The number that is all a file holds; absent when it holds anything else. */
    public Optional<Long> number(String name) {
        return text(name).flatMap(HostFiles::parseNumber);
    }

    /** What a symbolic link names. */
    public Optional<String> link(String name) {
        try {
            return Optional.of(Files.readSymbolicLink(path(name)).toString());
        } catch (IOException | UnsupportedOperationException absent) {
            return Optional.empty();
        }
    }

    /** The names in a directory, in order; none when it cannot be read. */
    public List<String> names(String directory) {
        try (Stream<Path> entries = Files.list(path(directory))) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        } catch (IOException | UncheckedIOException absent) {
            return List.of();
        }
    }

    public boolean exists(String name) {
        return Files.exists(path(name));
    }

    /** Asks the kernel, which knows of file systems that are mounted read-only. */
    public boolean isWritable(String name) {
        return Files.isWritable(path(name));
    }

    /** The bytes of a line such as {@code MemAvailable:   23173136 kB}; absent when it is of another form. */
    static OptionalLong kibibytes(String line) {
        Matcher matcher = KIBIBYTES.matcher(line);
        return matcher.matches() ? OptionalLong.of(Long.parseLong(matcher.group(1)) << 10) : OptionalLong.empty();
    }

    static Optional<Long> parseNumber(String text) {
        try {
            return Optional.of(Long.parseLong(text));
        } catch (NumberFormatException none) {
            return Optional.empty();
        }
    }
}

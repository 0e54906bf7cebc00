package io.neurovisor.host.probe;

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
 * The small files of the kernel about this host and its processes. An unreadable file is absent, as a process may end
 * at any time; bytes that are not text are replaced, and the read size is limited.
 *
 * @param root the directory of {@code proc}, {@code sys} and others
 */
public record HostFiles(Path root) {
    /** The files of this host. */
    public static final HostFiles SYSTEM = new HostFiles(Path.of("/"));

    /** More than any of them contains; a process with very many mounts has the longest. */
    private static final int MAX_BYTES = 1 << 20;

    /** So few digits that the number times 1024 does not overflow. */
    private static final Pattern KIBIBYTES = Pattern.compile("\\w+:\\s+(\\d{1,15}) kB");

    /** Returns the path of an absolute file name. */
    public Path path(String name) {
        return root.resolve(name.substring(1));
    }

    /** Returns the text without surrounding blanks. */
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

    /** Returns the number in a file; absent if it contains anything else. */
    public Optional<Long> number(String name) {
        return text(name).flatMap(HostFiles::parseNumber);
    }

    /** Returns the target of a symbolic link. */
    public Optional<String> link(String name) {
        try {
            return Optional.of(Files.readSymbolicLink(path(name)).toString());
        } catch (IOException | UnsupportedOperationException absent) {
            return Optional.empty();
        }
    }

    /** Returns the names in a directory, in order; none if it cannot be read. */
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

    /** Asks the kernel, which considers file systems that are mounted read-only. */
    public boolean isWritable(String name) {
        return Files.isWritable(path(name));
    }

    /** Parses the bytes of a line such as {@code MemAvailable:   23173136 kB}; absent if it has another form. */
    static OptionalLong kibibytes(String line) {
        Matcher matcher = KIBIBYTES.matcher(line);
        return matcher.matches() ? OptionalLong.of(Long.parseLong(matcher.group(1)) << 10) : OptionalLong.empty();
    }

    static Optional<Long> parseNumber(String text) {
        if (text.equals("max")) {
            return Optional.empty();
        }
        try {
            return Optional.of(Long.parseLong(text));
        } catch (NumberFormatException none) {
            return Optional.empty();
        }
    }
}

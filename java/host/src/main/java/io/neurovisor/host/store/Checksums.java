package io.neurovisor.host.store;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.files.Sha256;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The digests of all files below a directory, in the format of {@code sha256sum}.
 *
 * @param digests SHA-256 by relative file name
 */
record Checksums(Map<String, String> digests) {
    static final String FILE = "SHA256SUMS";
    private static final long MAX_BYTES = 1 << 20;
    private static final Pattern LINE =
            Pattern.compile("([0-9a-f]{64})  ([A-Za-z0-9_][A-Za-z0-9._+-]*(?:/[A-Za-z0-9_][A-Za-z0-9._+-]*)*)");

    Checksums {
        digests = Map.copyOf(digests);
    }

    /** Computes the digest of every file below the directory. */
    static Checksums compute(Path directory) {
        Map<String, String> digests = new TreeMap<>();
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path file : tree.filter(Files::isRegularFile).sorted().toList()) {
                digests.put(directory.relativize(file).toString(), Sha256.of(file));
            }
        } catch (IOException failure) {
            throw StorageFaults.of("read", directory, failure);
        }
        return new Checksums(digests);
    }

    byte[] format() {
        return new TreeMap<>(digests)
                .entrySet().stream()
                        .map(entry -> entry.getValue() + "  " + entry.getKey() + "\n")
                        .collect(Collectors.joining())
                        .getBytes(StandardCharsets.UTF_8);
    }

    /** Returns empty if the content is not a list of digests or contains a path outside of the directory. */
    static Optional<Checksums> parse(byte[] content) {
        Map<String, String> digests = new TreeMap<>();
        for (String line : new String(content, StandardCharsets.UTF_8).lines().toList()) {
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                return Optional.empty();
            }
            digests.put(requireNonNull(matcher.group(2)), requireNonNull(matcher.group(1)));
        }
        return Optional.of(new Checksums(digests));
    }

    /** Returns the content of the directory's list; empty if it is missing or far too long. */
    static Optional<byte[]> read(Path directory) {
        Path file = directory.resolve(FILE);
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
                return Optional.empty();
            }
            return Optional.of(Files.readAllBytes(file));
        } catch (IOException failure) {
            throw StorageFaults.of("read", file, failure);
        }
    }

    /** Returns the first problem of the directory's files, such as "rootfs.squashfs is missing". */
    Optional<String> firstProblem(Path directory, FileDigests known) {
        for (Map.Entry<String, String> entry : new TreeMap<>(digests).entrySet()) {
            Path file = directory.resolve(entry.getKey());
            if (!Files.isRegularFile(file)) {
                return Optional.of(entry.getKey() + " is missing");
            }
            if (!known.digest(file).equals(entry.getValue())) {
                return Optional.of(entry.getKey() + " has changed since it was built");
            }
        }
        return Optional.empty();
    }
}

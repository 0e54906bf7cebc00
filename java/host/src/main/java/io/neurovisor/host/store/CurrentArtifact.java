package io.neurovisor.host.store;

import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The pointer file of a name, which refers to the directory of its current artifact. It contains the digest of the
 * directory's list of digests, and so determines every file.
 *
 * @param input the digest of the inputs of the build
 * @param directory the directory's name
 * @param checksums the digest of the directory's list of digests
 */
record CurrentArtifact(String input, String directory, String checksums) {
    static final String SUFFIX = ".current";
    static final Pattern DIRECTORY = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.+-]{0,120}");
    private static final Pattern FORM = Pattern.compile(
            "input ([0-9a-f]{64})\ndirectory (" + DIRECTORY.pattern() + ")\nchecksums ([0-9a-f]{64})\n");
    private static final int MAX_BYTES = 1024;

    static Path file(Path parent, String name) {
        return parent.resolve(name + SUFFIX);
    }

    void write(Path file) {
        PrivateFiles.replace(
                file,
                "input %s\ndirectory %s\nchecksums %s\n"
                        .formatted(input, directory, checksums)
                        .getBytes(StandardCharsets.UTF_8));
    }

    /** Returns empty if the file is missing or malformed. */
    static Optional<CurrentArtifact> read(Path file) {
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
                return Optional.empty();
            }
            Matcher matcher = FORM.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
            return matcher.matches()
                    ? Optional.of(new CurrentArtifact(matcher.group(1), matcher.group(2), matcher.group(3)))
                    : Optional.empty();
        } catch (NoSuchFileException removed) {
            return Optional.empty();
        } catch (IOException failure) {
            throw StorageFaults.of("read", file, failure);
        }
    }
}

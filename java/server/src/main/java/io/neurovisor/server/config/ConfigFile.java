package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The settings of one file: YAML, one {@code name: value} per line. Every problem in it is told with its line; none keeps
 * the others from being found.
 */
record ConfigFile(Map<String, Entry> entries, List<String> problems) {
    static final ConfigFile NONE = new ConfigFile(Map.of(), List.of());

    /** Far more than all settings with comments take; a larger file is another one, named by mistake. */
    static final int MAX_BYTES = 64 << 10;

    /** @param origin file and line */
    record Entry(String value, String origin) {
        Entry {
            requireNonNull(value, "value is null");
            requireNonNull(origin, "origin is null");
        }
    }

    ConfigFile {
        entries = Map.copyOf(entries);
        problems = List.copyOf(problems);
    }

    Optional<Entry> entry(String name) {
        return Optional.ofNullable(entries.get(name));
    }

    static ConfigFile read(Path file) {
        String shown = Shown.path(file);
        try {
            // A pipe or terminal may never end, and nothing is waited for at a start.
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                return unusable(shown, Files.isDirectory(file) ? "it is a directory" : "it is not a regular file");
            }
            byte[] bytes = bytes(file);
            if (bytes.length > MAX_BYTES) {
                return unusable(shown, "it holds more than " + MAX_BYTES + " bytes");
            }
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return new YamlSettings(shown).parse(text);
        } catch (CharacterCodingException exception) {
            return unusable(shown, "it is not UTF-8 text");
        } catch (NoSuchFileException exception) {
            return unusable(shown, "no such file");
        } catch (AccessDeniedException exception) {
            return unusable(shown, "permission denied");
        } catch (IOException exception) {
            return unusable(shown, String.valueOf(exception.getMessage()));
        }
    }

    private static byte[] bytes(Path file) throws IOException {
        try (InputStream input = Files.newInputStream(file)) {
            return input.readNBytes(MAX_BYTES + 1);
        }
    }

    private static ConfigFile unusable(String shown, String why) {
        return new ConfigFile(Map.of(), List.of("config file " + shown + " cannot be read: " + why));
    }
}

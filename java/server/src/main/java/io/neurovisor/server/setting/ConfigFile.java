package io.neurovisor.server.setting;

import io.neurovisor.engine.program.FilePath;
import io.neurovisor.host.files.StorageFaults;
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
 * The settings of one YAML file with one {@code name: value} on each line. Each problem is reported with its line and does
 * not hide the others.
 */
public record ConfigFile(Map<String, Entry> entries, List<String> problems) {
    public static final ConfigFile NONE = new ConfigFile(Map.of(), List.of());

    /** Much more than all settings with comments; a larger file was probably named by mistake. */
    static final int MAX_BYTES = 64 << 10;

    /** A value of the file, with its file and line. */
    public record Entry(String value, String origin) {}

    public ConfigFile {
        entries = Map.copyOf(entries);
        problems = List.copyOf(problems);
    }

    public Optional<Entry> entry(String name) {
        return Optional.ofNullable(entries.get(name));
    }

    /** Reads a file that may hold the settings of these names; a file that cannot be read is a problem of the result. */
    public static ConfigFile read(Path file, List<String> names) {
        String shown = FilePath.shown(file.toString());
        try {
            // Reading a pipe or a terminal could block the start.
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
            return parse(shown, text, names);
        } catch (CharacterCodingException exception) {
            return unusable(shown, "it is not UTF-8 text");
        } catch (NoSuchFileException exception) {
            return unusable(shown, "no such file");
        } catch (AccessDeniedException exception) {
            return unusable(shown, "permission denied");
        } catch (IOException exception) {
            return unusable(shown, StorageFaults.reason(exception));
        }
    }

    /** Parses the text of a file that messages call {@code shown}. */
    public static ConfigFile parse(String shown, String text, List<String> names) {
        return new YamlSettings(shown, names).parse(text);
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

package io.neurovisor.cli.sandbox.interpreter;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.Program;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The code of a cell.
 *
 * @param code on the command line
 * @param file whose content is the code; {@code -} is standard input
 */
record CodeSource(@Nullable String code, @Nullable String file, InputStream standardInput) {
    private static final String STANDARD_INPUT = "-";
    private static final String USUAL_LANGUAGE = "python";

    /** The languages of interpreters by the suffixes of their files. */
    private static final Map<String, String> LANGUAGES = Map.ofEntries(
            Map.entry("py", "python"),
            Map.entry("js", "javascript"),
            Map.entry("mjs", "javascript"),
            Map.entry("cjs", "javascript"),
            Map.entry("ts", "typescript"),
            Map.entry("mts", "typescript"),
            Map.entry("sh", "bash"),
            Map.entry("bash", "bash"),
            Map.entry("r", "r"),
            Map.entry("R", "r"),
            Map.entry("java", "java"),
            Map.entry("jsh", "java"));

    boolean isStandardInput() {
        return STANDARD_INPUT.equals(file);
    }

    /** @param chosen on the command line */
    String language(@Nullable String chosen) {
        if (chosen != null) {
            return chosen;
        }
        String name = file == null ? "" : file;
        return LANGUAGES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), USUAL_LANGUAGE);
    }

    String text() {
        if ((code == null) == (file == null)) {
            throw NeuroVisorException.invalid(
                    "code",
                    code == null ? "no code given; name a FILE, or pass it with -c" : "-c excludes FILE " + file);
        }
        return code != null ? code : read(String.valueOf(file));
    }

    private String read(String name) {
        try (InputStream input = isStandardInput() ? standardInput : Files.newInputStream(Path.of(name))) {
            // One byte above the limit is enough for the daemon to reject it.
            byte[] bytes = input.readNBytes(Program.MAX_CODE_BYTES + 1);
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException exception) {
            throw NeuroVisorException.invalid("file", name + " is not UTF-8 text");
        } catch (IOException exception) {
            String reason = Files.exists(Path.of(name)) ? StorageFaults.reason(exception) : "no such file";
            throw NeuroVisorException.invalid("file", name + " cannot be read: " + reason);
        }
    }
}

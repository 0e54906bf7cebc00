package io.neurovisor.cli.run;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The source of the program of {@code run}.
 *
 * @param code the program text on the command line; if absent, the first positional argument names a file
 * @param standardInput the content of the file {@code -}
 */
record ProgramSource(
        @Nullable String language, @Nullable String code, List<String> positionals, InputStream standardInput) {
    private static final String STANDARD_INPUT = "-";

    boolean isStandardInput() {
        return code == null && !positionals.isEmpty() && positionals.getFirst().equals(STANDARD_INPUT);
    }

    Program program() {
        if (code != null) {
            return new Program(languageOr(STANDARD_INPUT, ""), code, positionals);
        }
        if (positionals.isEmpty()) {
            throw invalid("no program given; name a FILE or pass its text with -c");
        }
        String file = positionals.getFirst();
        String text = read(file);
        String firstLine = text.lines().findFirst().orElse("");
        return new Program(languageOr(file, firstLine), text, positionals.subList(1, positionals.size()));
    }

    private Language languageOr(String file, String firstLine) {
        if (language != null) {
            return Language.named(language);
        }
        return Language.ofFile(file, firstLine)
                .orElseThrow(() -> invalid((file.equals(STANDARD_INPUT)
                                ? "the program's language is not given"
                                : "the language of " + file + " is not known")
                        + "; set it with --language (" + Language.known() + ")"));
    }

    private String read(String file) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes(file)))
                    .toString();
        } catch (CharacterCodingException exception) {
            throw invalid(file + " is not UTF-8 text");
        } catch (IOException exception) {
            throw invalid(file + " cannot be read: " + reason(file, exception));
        }
    }

    private byte[] bytes(String file) throws IOException {
        try (InputStream input = file.equals(STANDARD_INPUT) ? standardInput : Files.newInputStream(Path.of(file))) {
            // One byte above the limit is enough for Program to reject it.
            return input.readNBytes(Program.MAX_CODE_BYTES + 1);
        }
    }

    private static String reason(String file, IOException exception) {
        Path path = Path.of(file);
        if (!Files.exists(path)) {
            return "no such file";
        }
        return Files.isDirectory(path) ? "it is a directory" : StorageFaults.reason(exception);
    }

    private static NeuroVisorException invalid(String message) {
        return new NeuroVisorException(Fault.INVALID_ARGUMENT, message);
    }
}

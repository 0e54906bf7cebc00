package io.neurovisor.engine.program;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A program's text with its arguments.
 *
 * @param code the text, 1 byte to 8 MiB in UTF-8; it travels as a file, never through argv
 * @param arguments what the program sees as its arguments, its own name left out
 */
public record Program(Language language, String code, List<String> arguments) {
    public static final int MAX_CODE_BYTES = 8 * 1024 * 1024;

    public Program {
        requireNonNull(language, "language is null");
        arguments = List.copyOf(arguments);
        if (code.isBlank()) {
            throw invalid("code is empty; give the program's text");
        }
        // A UTF-16 unit is at least one byte of UTF-8, so the cheap test spares encoding what is far too long.
        long bytes = code.length() > MAX_CODE_BYTES ? code.length() : code.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_CODE_BYTES) {
            throw invalid("code has " + bytes + " bytes and at most " + MAX_CODE_BYTES
                    + " (8 MiB) are allowed; pass data as a file instead");
        }
        for (String argument : arguments) {
            if (argument.indexOf('\0') >= 0) {
                throw invalid("an argument holds a NUL byte, which no program can receive; remove it");
            }
        }
    }

    public Program(Language language, String code) {
        this(language, code, List.of());
    }

    private static NeuroVisorException invalid(String message) {
        return new NeuroVisorException(Fault.INVALID_ARGUMENT, message);
    }
}

package io.neurovisor.engine.program;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** The limits of Linux for the arguments and the environment of a process, below which a guest can start a program. */
final class ProcessWords {
    /** The limit of one argument or variable, without its final NUL. */
    private static final int MAX_WORD_BYTES = (128 << 10) - 1;

    /** A quarter of the usual stack, less what the guest agent adds. */
    private static final int MAX_BYTES = (2 << 20) - (16 << 10);

    /** A final NUL and a pointer. */
    private static final int EXTRA_BYTES = 9;

    private ProcessWords() {}

    static void check(List<String> arguments, Map<String, String> environment) {
        long bytes = 0;
        for (String argument : arguments) {
            bytes += counted("arguments", "an argument", argument);
        }
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            bytes += counted(
                    "environment",
                    "environment variable " + FilePath.shown(variable.getKey()),
                    variable.getKey() + "=" + variable.getValue());
        }
        if (bytes > MAX_BYTES) {
            int words = arguments.size() + environment.size();
            throw NeuroVisorException.invalid(
                    arguments.size() > environment.size() ? "arguments" : "environment",
                    "%d arguments and variables take %d bytes and at most %d can be passed to a program; pass data as a file instead"
                            .formatted(words, bytes, MAX_BYTES));
        }
    }

    private static long counted(String field, String subject, String word) {
        int bytes = word.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_WORD_BYTES) {
            throw NeuroVisorException.invalid(
                    field,
                    "%s has %d bytes and at most %d can be passed to a program; pass data as a file instead"
                            .formatted(subject, bytes, MAX_WORD_BYTES));
        }
        return (long) bytes + EXTRA_BYTES;
    }
}

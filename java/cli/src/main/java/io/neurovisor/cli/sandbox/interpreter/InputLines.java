package io.neurovisor.cli.sandbox.interpreter;

import static java.util.Objects.requireNonNull;

import io.neurovisor.cli.console.StandardStreams;
import io.neurovisor.cli.console.Terminal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads the lines that answer the questions of a cell from standard input. For one thread at a time. */
final class InputLines {
    private final BufferedReader input;
    private final StandardStreams streams;

    InputLines(InputStream input, StandardStreams streams) {
        this.input = new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8));
        this.streams = streams;
    }

    /** Shows the prompt and returns the answer; empty at the end of the input and when it cannot be read. */
    Optional<String> answer(String prompt, boolean isPassword) {
        if (isPassword && Terminal.isTerminal(Terminal.STDIN)) {
            char[] password =
                    requireNonNull(System.console(), "console is null").readPassword("%s", prompt);
            return Optional.ofNullable(password).map(String::new);
        }
        streams.stdout(StandardCharsets.UTF_8.encode(prompt));
        try {
            return Optional.ofNullable(input.readLine());
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }
}

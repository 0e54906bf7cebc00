package io.neurovisor.cli.console;

import java.util.function.Consumer;

/** A target that writes each line immediately. */
@FunctionalInterface
public interface Lines {
    void print(String line);

    /** Returns a target that writes to stdout and throws {@link StandardStreams.Closed} if stdout is a closed pipe. */
    static Lines standard() {
        Consumer<String> printer = StandardStreams.printer();
        return line -> printer.accept(line + "\n");
    }
}

package io.neurovisor.cli.console;

import java.util.function.Consumer;

/** Where lines go, at once and whole. */
@FunctionalInterface
public interface Lines {
    /** A line without its end. */
    void print(String line);

    /** To stdout; throws {@link StandardStreams.Closed} when nobody reads it any more, so that the work ends. */
    static Lines standard() {
        Consumer<String> printer = StandardStreams.printer();
        return line -> printer.accept(line + "\n");
    }
}

package io.neurovisor.examples;

import java.util.Set;
import java.util.function.Consumer;

/**
 * A promise that is demonstrated and checked in front of the user.
 *
 * @param demonstration demonstrates the promise, and reports each finding to {@link ExampleRun#check}
 */
public record Example(String name, String promise, Set<Need> needs, Consumer<ExampleRun> demonstration) {
    /** A resource of an {@link ExampleRun}. */
    public enum Need {
        SANDBOXES,
        MODEL,
        DAEMON
    }
}

package io.neurovisor.examples;

import java.util.Set;

/** A promise that is demonstrated and checked in front of the user. */
public interface Example {
    enum Need {
        SANDBOXES,
        MODEL,
        DAEMON
    }

    String name();

    String promise();

    default Set<Need> needs() {
        return Set.of(Need.SANDBOXES);
    }

    /** Demonstrates the promise, and reports each finding to {@link ExampleRun#check}. */
    void run(ExampleRun run);
}

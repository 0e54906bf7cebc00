package io.neurovisor.examples;

import java.util.Set;

/** A promise that is demonstrated and checked in front of the user. */
public interface Example {
    /** A resource that an example needs. */
    enum Need {
        SANDBOXES,
        MODEL,
        DAEMON
    }

    /** Returns the name on the command line. */
    String name();

    /** Returns the promise in one line. */
    String promise();

    /** Returns the resources that the example needs. */
    default Set<Need> needs() {
        return Set.of(Need.SANDBOXES);
    }

    /** Demonstrates the promise, and reports each finding to {@link ExampleRun#check}. */
    void run(ExampleRun run);
}

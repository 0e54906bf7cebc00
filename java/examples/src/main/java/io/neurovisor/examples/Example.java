package io.neurovisor.examples;

import java.util.Set;

/** One promise, put to the test in front of the user. */
public interface Example {
    /** What an example works with. */
    enum Need {
        SANDBOXES,
        MODEL,
        DAEMON
    }

    /** As it is called on the command line. */
    String name();

    /** What is promised, in one line. */
    String promise();

    /** What it cannot do without. */
    default Set<Need> needs() {
        return Set.of(Need.SANDBOXES);
    }

    /** Tries it; what is found is checked with {@link ExampleRun#check}. */
    void run(ExampleRun run);
}

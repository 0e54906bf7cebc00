package io.neurovisor.bench.endurance.sandbox;

import io.neurovisor.bench.endurance.Weighted;
import java.util.random.RandomGenerator;

/** What a client does with sandboxes. */
enum SandboxUse implements Weighted {
    /** Creates a sandbox, unless the client has enough of them. */
    CREATE(4),
    /** Runs a process to its end. */
    PROCESS(6),
    /** Sends bytes to a process that returns them. */
    INPUT(3),
    /** Detaches from a process that still runs, and attaches to it again. */
    ATTACH(3),
    /** Writes a file and reads it. */
    FILE(5),
    /** Disconnects while a process floods it with output. */
    GONE(2),
    /** Pauses the sandbox; the next use resumes it. */
    PAUSE(3),
    /** Makes copies of the sandbox, which the client uses as well, unless it has enough. */
    FORK(3),
    /** Kills the sandbox. */
    KILL(2),
    /** Leaves the sandbox to its time-out. */
    EXPIRE(2);

    private final int weight;

    SandboxUse(int weight) {
        this.weight = weight;
    }

    static SandboxUse next(RandomGenerator random) {
        return Weighted.next(random, values());
    }

    @Override
    public int weight() {
        return weight;
    }
}

package io.neurovisor.bench.endurance;

import io.neurovisor.engine.time.Deadline;
import java.util.List;

/** What the clients of a trial do. */
public interface Load {
    /** The work of one client, in its own thread. */
    interface Work {
        void run() throws InterruptedException;
    }

    /** Uses the daemon until the end, as the client of this number. */
    void use(TestedDaemon daemon, int client, Deadline end) throws InterruptedException;

    /** Returns the clients that start once the daemon has been restarted, and end after {@link #stopLater}. */
    default List<Work> later(TestedDaemon daemon) {
        return List.of();
    }

    default void stopLater() {}

    /** Returns whether what the clients have outlives a daemon that is stopped; then it is stopped and restarted once more. */
    default boolean outlivesDaemon() {
        return false;
    }

    /** Leaves what the daemon has to end by itself; then it is stopped. */
    default void leave(TestedDaemon daemon) throws InterruptedException {}
}

package io.neurovisor.server.journal;

import java.util.List;

/** The state of an execution in the journal when a client requests it. */
public sealed interface BeginResult {
    /** The execution was unknown. The caller must run it and report its end. */
    record First() implements BeginResult {}

    /** The execution is running, in this process or another. */
    record Running() implements BeginResult {}

    /**
     * The execution has ended. Its output is in parts, see {@link ExecutionJournal#part}.
     *
     * @param partBytes the size of each part
     */
    record Ended(List<Integer> partBytes) implements BeginResult {
        public Ended {
            partBytes = List.copyOf(partBytes);
        }
    }

    /** The execution was started by a process that has died, and its outcome is unknown. */
    record Lost() implements BeginResult {}
}

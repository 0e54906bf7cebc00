package io.neurovisor.server.journal;

import java.util.List;

/** What the journal knows of an execution that somebody asks for. */
public sealed interface Begun {
    /** Nothing, until now: whoever asked is to run it, and to say what became of it. */
    record First() implements Begun {}

    /** It runs, by this process or another. */
    record Running() implements Begun {}

    /**
     * It has ended, with an answer in parts, see {@link ExecutionJournal#part}.
     *
     * @param partBytes the size of each
     */
    record Ended(List<Integer> partBytes) implements Begun {
        public Ended {
            partBytes = List.copyOf(partBytes);
        }
    }

    /** It was begun by a process that has died, and nobody can say how it ended. */
    record Lost() implements Begun {}
}

package io.neurovisor.server.journal;

/** What the journal knows of an execution that somebody asks for. */
public sealed interface Begun {
    /** Nothing, until now: whoever asked is to run it, and to say what became of it. */
    record First() implements Begun {}

    /** It runs, by this process or another. */
    record Running() implements Begun {}

    /** It has ended so. */
    @SuppressWarnings("ArrayRecordComponent") // Read once, and compared by nobody.
    record Ended(byte[] answer) implements Begun {}

    /** It was begun by a process that has died, and nobody can say how it ended. */
    record Lost() implements Begun {}
}

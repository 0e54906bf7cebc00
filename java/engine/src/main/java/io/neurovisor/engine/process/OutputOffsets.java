package io.neurovisor.engine.process;

/** A position in each output stream of a process, in bytes since its start. */
public record OutputOffsets(long stdout, long stderr, long terminal) {
    public static final OutputOffsets START = new OutputOffsets(0, 0, 0);
}

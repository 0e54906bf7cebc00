package io.neurovisor.engine.program;

/** The limits of the files that are sent with an execution, in each direction. */
public final class FileLimits {
    public static final int MAX_COUNT = 1000;
    public static final long MAX_BYTES = 64L << 20;

    private FileLimits() {}
}

package io.neurovisor.engine.process;

import java.nio.ByteBuffer;

/** A stream of bytes to the input of a process. */
public interface ProcessInput extends AutoCloseable {
    /** Sends bytes; blocks while the process has not read what was sent before. */
    void write(ByteBuffer bytes);

    /** Returns when the guest has accepted all bytes. The input of the process stays open. */
    void finish();

    /**
     * Runs the action once the process takes no more input, because it has closed its input or has ended, or its machine
     * has; immediately if that is so. {@link #finish} then throws the reason. The action must not block.
     */
    void onEnd(Runnable action);

    /** Ends the stream; bytes that were not accepted are lost unless it has finished. */
    @Override
    void close();
}

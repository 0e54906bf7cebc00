package io.neurovisor.engine.process;

import java.nio.ByteBuffer;

/** An event of a process, as seen by a client that is attached to it. */
public sealed interface ProcessEvent {
    /** The process runs. Always the first event. */
    record Started(int pid) implements ProcessEvent {}

    /**
     * Output of the process.
     *
     * @param offset the number of bytes of this stream before these
     * @param data valid until the next event is requested
     */
    record Output(ProcessStream stream, long offset, ByteBuffer data) implements ProcessEvent {}

    /** Output that was dropped because it was not read in time, from {@code from} up to, but without, {@code to}. */
    record Gap(ProcessStream stream, long from, long to) implements ProcessEvent {}

    /** The process has ended, and its output has been sent. Always the last event. */
    record Ended(ProcessEnd end) implements ProcessEvent {}

    /** Nothing has happened for a while. */
    record KeepAlive() implements ProcessEvent {}
}

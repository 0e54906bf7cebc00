package io.neurovisor.engine.guest;

import io.neurovisor.engine.time.Ticker;
import java.time.Duration;

/**
 * The time by which a guest that runs a program must send its next message.
 *
 * <p>The first message is due {@link #SILENCE} after the end of the program's own time. After that, two messages may be at most
 * {@link #SILENCE} apart, and the last one is due {@link #AFTERMATH} after the end of the program's time. The time that the
 * host spends on processing a message is not counted. Not thread-safe.
 */
public final class ResponseDeadline {
    /**
     * Exceeds the longest silence of a correct guest agent after a time-out: 5 s until the killed processes are gone, 2 s
     * until their output ends, and 4 s to search for output files.
     */
    public static final Duration SILENCE = Duration.ofSeconds(12);

    /** Enough for the remaining output and 64 MiB of files over the channel of an emulated machine on a loaded host. */
    public static final Duration AFTERMATH = Duration.ofSeconds(60);

    private final Ticker ticker;
    private long silenceEndNanos;
    private long endNanos;

    private ResponseDeadline(Duration programTime, Ticker ticker) {
        this.ticker = ticker;
        long programEndNanos = ticker.nanos() + programTime.toNanos();
        this.silenceEndNanos = programEndNanos + SILENCE.toNanos();
        this.endNanos = programEndNanos + AFTERMATH.toNanos();
    }

    /** Returns the deadline for a program that starts now and may run for {@code programTime}. */
    public static ResponseDeadline after(Duration programTime, Ticker ticker) {
        return new ResponseDeadline(programTime, ticker);
    }

    /** Returns the time left for the next message; zero once the deadline has passed. */
    public Duration remaining() {
        long now = ticker.nanos();
        return Duration.ofNanos(Math.max(0, Math.min(silenceEndNanos - now, endNanos - now)));
    }

    /** Processes a message of the guest and moves the deadline by the time this takes, so that a slow consumer is not a time-out. */
    public void whileHandling(Runnable processing) {
        long begin = ticker.nanos();
        processing.run();
        long now = ticker.nanos();
        endNanos += now - begin;
        long nextNanos = now + SILENCE.toNanos();
        if (nextNanos - silenceEndNanos > 0) {
            silenceEndNanos = nextNanos;
        }
    }
}

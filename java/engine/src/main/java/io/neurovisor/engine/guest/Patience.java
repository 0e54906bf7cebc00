package io.neurovisor.engine.guest;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.time.Ticker;
import java.time.Duration;

/**
 * How long a host waits for the next word of a guest that runs a program. The guest has the program's own time and
 * {@link #SILENCE} to say something; once it speaks, no longer than that between one word and the next, and
 * {@link #AFTERMATH} in all. Time that the host spends on what it has received is not counted against the guest. Used by
 * one thread.
 */
public final class Patience {
    /**
     * Longer than an agent of ours is ever silent when a program's time is over: it kills what is left, and looks through
     * the files that are to come home for at most four seconds.
     */
    public static final Duration SILENCE = Duration.ofSeconds(10);

    /** For the rest of the output and 64 MiB of files, through the channel of an emulated machine on a loaded host. */
    public static final Duration AFTERMATH = Duration.ofSeconds(60);

    private final Ticker ticker;
    private long silenceEndNanos;
    private long endNanos;

    private Patience(Duration programTime, Ticker ticker) {
        this.ticker = requireNonNull(ticker, "ticker is null");
        long programEndNanos = ticker.nanos() + programTime.toNanos();
        this.silenceEndNanos = programEndNanos + SILENCE.toNanos();
        this.endNanos = programEndNanos + AFTERMATH.toNanos();
    }

    /** From now on, for a program that may run so long. */
    public static Patience with(Duration programTime, Ticker ticker) {
        return new Patience(programTime, ticker);
    }

    /** How long to wait for the next word; zero, never negative, when it is too late for one. */
    public Duration remaining() {
        long now = ticker.nanos();
        return Duration.ofNanos(Math.max(0, Math.min(silenceEndNanos - now, endNanos - now)));
    }

    /** Has the guest's word been dealt with, which may take a slow consumer as long as it likes. */
    public void whileHandling(Runnable word) {
        long begin = ticker.nanos();
        word.run();
        long now = ticker.nanos();
        endNanos += now - begin;
        long nextNanos = now + SILENCE.toNanos();
        if (nextNanos - silenceEndNanos > 0) {
            silenceEndNanos = nextNanos;
        }
    }
}

package io.neurovisor.host.guestlink.wire;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;

/**
 * The rate limit of a guest over all its connections: a token bucket of {@value #CAPACITY} that is refilled with
 * {@value #TOKENS_A_SECOND} tokens a second.
 *
 * <p>Every HTTP/2 frame that the host did not ask for takes a token. Output takes none, because flow control and the
 * limits on output bound it. Each frame that the host sends on its own initiative allows {@value #ANSWERS} frames in
 * response: a request may be answered by headers, trailers and updates of two windows (RFC 9113, section 6). Safe for
 * use by many threads.
 */
public final class GuestRateLimit {
    static final int CAPACITY = 100;
    static final int TOKENS_A_SECOND = 50;
    static final int ANSWERS = 4;

    /** The longest time for which the bucket may stay empty; a guest that exceeds it does nothing but send. */
    static final Duration LONGEST_EMPTY = Duration.ofSeconds(10);

    /** The most responses that a guest may owe: more than the host can ask for at the same time. */
    private static final int MOST_ANSWERS = 10_000;

    private final Bucket bucket;
    private final Ticker ticker;

    @GuardedBy("this")
    private long answers;

    @GuardedBy("this")
    private long unrequested;

    @GuardedBy("this")
    private boolean connected;

    @GuardedBy("this")
    private long emptySinceNanos;

    @GuardedBy("this")
    private boolean empty;

    /** Creates a full bucket. */
    public GuestRateLimit(Ticker ticker) {
        this.ticker = ticker;
        this.bucket = Bucket.builder()
                .addLimit(limit -> limit.capacity(CAPACITY).refillGreedy(TOKENS_A_SECOND, Duration.ofSeconds(1)))
                .withCustomTimePrecision(new Time(ticker))
                .build();
    }

    /** Allows responses to frames that were sent to the guest. */
    synchronized void sent(long frames) {
        answers = Math.min(MOST_ANSWERS, answers + frames * ANSWERS);
    }

    /**
     * Takes tokens for received frames.
     *
     * @return the time for which nothing more is to be read; negative if the guest has exceeded its rate for too long
     */
    synchronized Duration take(long frames) {
        connected = true;
        long answered = Math.min(answers, frames);
        answers -= answered;
        long taken = frames - answered;
        if (taken == 0) {
            return Duration.ZERO;
        }
        unrequested += taken;
        Duration pause = Duration.ofNanos(bucket.consumeIgnoringRateLimits(taken));
        if (pause.isZero()) {
            empty = false;
            return pause;
        }
        long now = ticker.nanos();
        if (!empty) {
            empty = true;
            emptySinceNanos = now;
        }
        return Duration.ofNanos(now - emptySinceNanos).plus(pause).compareTo(LONGEST_EMPTY) < 0
                ? pause
                : Duration.ofNanos(-1);
    }

    /** Returns the state of the layer, from the number of counted frames. */
    public synchronized LayerState state() {
        return connected
                ? LayerState.live(
                        Layer.RATE_LIMITING,
                        "the guest may send %d unrequested HTTP/2 frames a second, %d at once, and has sent %d; flow control and limits bound its output"
                                .formatted(TOKENS_A_SECOND, CAPACITY, unrequested))
                : LayerState.broken(
                        Layer.RATE_LIMITING, "no HTTP/2 frame of the guest was counted, although it is connected", "");
    }

    private record Time(Ticker ticker) implements TimeMeter {
        @Override
        public long currentTimeNanos() {
            return ticker.nanos();
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    }
}

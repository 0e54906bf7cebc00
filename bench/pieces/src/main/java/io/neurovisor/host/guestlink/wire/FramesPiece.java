package io.neurovisor.host.guestlink.wire;

import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullMarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The cost of a guest's frame for its rate limit. */
@NullMarked
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FramesPiece {
    private final GuestRateLimit rateLimit = new GuestRateLimit(Ticker.SYSTEM);

    /** A frame that a request of the host asked for. */
    @Benchmark
    public Duration answered() {
        rateLimit.sent(1);
        return rateLimit.take(1);
    }

    /** An unrequested frame, when the bucket has long been empty. */
    @Benchmark
    public Duration begun() {
        return rateLimit.take(1);
    }
}

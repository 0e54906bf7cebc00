package io.neurovisor.engine.pool;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** A machine taken and given back, where making and ending one costs nothing. */
@NullMarked
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PoolPiece {
    private static final MachineKind USUAL = new MachineKind("base", SandboxSize.SMALL);

    private final WarmPool pool = new WarmPool(
            TestPools.plan(USUAL, 3, 10, Duration.ofSeconds(30)),
            TestPools.machines(new FakeVmm(_ -> new FakeGuest()), TestFiles.bootFiles(), Ticker.SYSTEM),
            _ -> {},
            Ticker.SYSTEM,
            MachineListener.NONE);

    @TearDown
    public void close() {
        pool.close();
    }

    @Benchmark
    public void leased(Blackhole eaten) {
        try (Lease lease = pool.lease(USUAL)) {
            eaten.consume(lease);
        }
    }
}

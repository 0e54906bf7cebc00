package io.neurovisor.tests.hostile.guest;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Samples memory and threads of this process every second and keeps the maximum. */
public final class PeakNumbers {
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final ScheduledExecutorService looking = Executors.newSingleThreadScheduledExecutor();
    private final AtomicLong heapBytes = new AtomicLong();
    private final AtomicLong directBytes = new AtomicLong();
    private final AtomicLong threads = new AtomicLong();

    private PeakNumbers() {}

    public static PeakNumbers start() {
        PeakNumbers peak = new PeakNumbers();
        ScheduledFuture<?> _ =
                peak.looking.scheduleWithFixedDelay(peak::look, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        return peak;
    }

    public void stop() throws InterruptedException {
        looking.shutdown();
        boolean _ = looking.awaitTermination(1, TimeUnit.MINUTES);
    }

    /** Returns the maximum heap in use after a collection. */
    public long heapBytes() {
        return heapBytes.get();
    }

    public long directBytes() {
        return directBytes.get();
    }

    @Override
    public String toString() {
        return "heap %d MiB, direct %d MiB, %d threads"
                .formatted(heapBytes.get() >> 20, directBytes.get() >> 20, threads.get());
    }

    private void look() {
        directBytes.accumulateAndGet(HostNumbers.measuredDirectBytes(), Math::max);
        heapBytes.accumulateAndGet(HostNumbers.measuredHeapBytes(), Math::max);
        threads.accumulateAndGet(ManagementFactory.getThreadMXBean().getThreadCount(), Math::max);
    }
}

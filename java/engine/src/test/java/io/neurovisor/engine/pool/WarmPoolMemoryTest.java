package io.neurovisor.engine.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.ManualTicker;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests a pool on a host with a given memory, of which machines use given amounts. */
final class WarmPoolMemoryTest {
    private static final MachineKind SMALL = new MachineKind("base", SandboxSize.SMALL);
    private static final MachineKind LARGE = new MachineKind("base", SandboxSize.LARGE);
    private static final Duration LONG = Duration.ofSeconds(30);

    private final FakeVmm vmm = new FakeVmm(_ -> new FakeGuest());
    private final ManualTicker ticker = new ManualTicker();
    private final AtomicLong totalMebibytes = new AtomicLong();
    private final List<WarmPool> pools = new ArrayList<>();
    private long heldMebibytes;

    @AfterEach
    void verifyNoMachineIsLeft() {
        pools.forEach(pool -> assertThat(pool.drain(Deadline.after(LONG, Ticker.SYSTEM)))
                .as("drained: " + pool.status())
                .isTrue());
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void requestWaitsForMemory() {
        WarmPool pool = pool(0, 10, 600, 100);
        Lease first = pool.lease(SMALL);
        Lease second = pool.lease(SMALL);
        CompletableFuture<Void> third = later(() -> pool.lease(SMALL).close());
        await().until(() -> pool.status().waiting() == 1);
        assertThat(pool.status().shortage())
                .hasToString("Optional[a machine of size small can take 256 MiB, and 400 MiB are"
                        + " available, 312 MiB of them reserved for 2 other machines]");
        assertThat(third).isNotDone();

        first.close();
        third.join();
        assertThat(pool.status().shortage()).isEmpty();
        assertThat(pool.status().peak()).isEqualTo(2);
        second.close();
    }

    @Test
    void detectsMemoryThatOthersRelease() {
        WarmPool pool = pool(0, 10, 300, 0);
        try (Lease _ = pool.lease(SMALL)) {
            CompletableFuture<Void> waiting = later(() -> pool.lease(SMALL).close());
            await().until(() -> pool.status().waiting() == 1);
            totalMebibytes.set(600);
            assertThat(waiting).succeedsWithin(LONG);
        }
    }

    @Test
    void memoryThatMachinesShareCounts() {
        WarmPool pool = pool(0, 10, 600, 0);
        pool.shareMemory(300L << 20);
        try (Lease _ = pool.lease(SMALL)) {
            CompletableFuture<Void> waiting = later(() -> pool.lease(SMALL).close());
            await().until(() -> pool.status().waiting() == 1);
            assertThat(waiting).isNotDone();
            pool.shareMemory(-300L << 20);
            assertThat(waiting).succeedsWithin(LONG);
        }
    }

    @Test
    void timedOutRequestReportsTheMemory() {
        WarmPool pool = pool(0, 10, 300, 0);
        try (Lease _ = pool.lease(SMALL)) {
            assertThatThrownBy(() -> pool.lease(LARGE, Deadline.after(Duration.ofMillis(300), Ticker.SYSTEM)))
                    .isInstanceOfSatisfying(
                            NeuroVisorException.class,
                            exception -> assertThat(exception.fault()).isEqualTo(Fault.MEMORY_SHORT))
                    .hasMessage("no virtual machine (image base, size large) was ready within 0.0 s: memory is short,"
                            + " a machine of size large can take 1024 MiB, and 300 MiB are available, 256 MiB"
                            + " of them reserved for 1 other machine; 1 of at most 10 exist (1 in use, 0 starting), 1"
                            + " requests wait; try again, or choose a smaller --size, or end other processes");
        }
    }

    @Test
    void rejectsARequestThatCanNeverFit() {
        WarmPool pool = pool(0, 10, 255, 0);
        assertThatThrownBy(() -> pool.lease(SMALL))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.MEMORY_SHORT))
                .hasMessage("no virtual machine (image base, size small) fits into the memory, and this pool has no"
                        + " other machine to end: a machine of size small can take 256 MiB, and 255 MiB are"
                        + " available; choose a smaller --size, or end other processes");
        assertThat(vmm.starts()).isEmpty();
    }

    /** Each machine could use 256 MiB, but is idle. */
    @Test
    void idleMachinesCountWithTheirActualMemory() {
        WarmPool pool = warmed(pool(50, 50, 1600, 20), 50);
        List<Lease> leases = Stream.generate(() -> pool.lease(SMALL)).limit(2).toList();
        assertThat(pool.status().warm())
                .as("in their places, which 472 MiB are promised to")
                .isEqualTo(48);

        leases.forEach(Lease::close);
        await().until(() -> pool.status().warm() == 50);
    }

    @Test
    void idleMachinesMakeRoomForRequests() {
        WarmPool pool = warmed(pool(10, 20, 1100, 50), 10);
        List<Lease> leases = Stream.generate(() -> pool.lease(SMALL)).limit(4).toList();
        assertThat(leases).hasSize(4);
        assertThat(pool.status().machines() * 50L + 4 * (256 - 50)).isLessThanOrEqualTo(1100 + 1);
        leases.forEach(Lease::close);
        await().until(() -> pool.status().warm() == 10);
    }

    @Test
    void refillWaitsForMemory() {
        WarmPool pool = pool(3, 5, 300, 60);
        pool.keepWarm();
        await().until(() ->
                pool.status().warm() == 1 && pool.status().shortage().isPresent());
        assertThat(pool.status().failure()).isEmpty();
        totalMebibytes.set(900);
        await().until(() -> pool.status().warm() == 3);
        assertThat(pool.status().shortage()).isEmpty();
    }

    @Test
    void smallRequestsOvertakeALargeOne() {
        WarmPool pool = pool(0, 10, 1100, 0);
        Lease held = pool.lease(SMALL);
        CompletableFuture<Void> large = later(() -> pool.lease(LARGE).close());
        await().until(() -> pool.status().waiting() == 1);
        pool.lease(SMALL).close();
        pool.lease(SMALL, new Claimant("other", PoolShare.UNLIMITED), Optional.empty())
                .close();
        assertThat(pool.status().shortage()).isPresent();
        assertThat(large).isNotDone();
        held.close();
        large.join();
    }

    /** Otherwise, a constant load of small requests would delay a large one until its timeout. */
    @Test
    void noRequestOvertakesAnOverdueOne() {
        WarmPool pool = pool(0, 10, 1100, 0);
        Lease held = pool.lease(SMALL);
        List<String> served = Collections.synchronizedList(new ArrayList<>());
        CompletableFuture<Void> large = later(() -> {
            try (Lease _ = pool.lease(LARGE)) {
                served.add("large");
            }
        });
        await().until(() -> pool.status().waiting() == 1);
        ticker.advance(FairQueue.LONGEST_BYPASS.plusNanos(1));
        CompletableFuture<Void> small = later(() -> {
            try (Lease _ = pool.lease(SMALL)) {
                served.add("small");
            }
        });
        await().until(() -> pool.status().waiting() == 2);
        held.close();
        CompletableFuture.allOf(large, small).join();
        assertThat(served).containsExactly("large", "small");
    }

    @Test
    void reportsHowManyMachinesFit() {
        WarmPool pool = pool(0, 10, 1100, 100);
        assertThat(pool.room().machines()).isEqualTo(4);
        try (Lease _ = pool.lease(SMALL)) {
            assertThat(pool.room().machines()).isEqualTo(4);
        }
    }

    private WarmPool warmed(WarmPool pool, int warm) {
        pool.keepWarm();
        await().until(() -> pool.status().warm() == warm);
        return pool;
    }

    /** @param held the memory that each machine uses from its start on */
    private WarmPool pool(int warm, int max, long total, long held) {
        totalMebibytes.set(total);
        heldMebibytes = held;
        vmm.hold(held << 20);
        MachineMemory memory = new MachineMemory(
                () -> (totalMebibytes.get() - vmm.livingCount() * heldMebibytes) << 20,
                size -> vmm.memoryLimitBytes(size, true));
        WarmPool pool = new WarmPool(
                new PoolPlan(SMALL, warm, max, max, max, max, LONG, memory),
                TestPools.machines(vmm, TestFiles.bootFiles(), Ticker.SYSTEM),
                _ -> {},
                ticker,
                MachineListener.NONE);
        pools.add(pool);
        return pool;
    }

    private static CompletableFuture<Void> later(Runnable request) {
        return CompletableFuture.runAsync(request, Thread::startVirtualThread);
    }
}

package io.neurovisor.engine.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.MachineEnd;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Tests machines whose killed VMM ends only when the test lets it. */
final class WarmPoolSlowEndTest {
    private static final MachineKind SMALL = new MachineKind("base", SandboxSize.SMALL);

    private final CompletableFuture<Void> mayEnd = new CompletableFuture<>();
    private final List<MachineEnd> ends = new CopyOnWriteArrayList<>();
    private final FakeGuest first = new FakeGuest();
    private final FakeVmm vmm = new FakeVmm(_ -> first.isClosed() ? new FakeGuest() : first);
    private final MachineListener listener = new MachineListener() {
        @Override
        public void ended(VmId id, MachineEnd end) {
            ends.add(end);
        }
    };

    @Test
    void usedMachineCountsUntilItHasEnded() {
        WarmPool pool = pool();
        pool.lease(SMALL).close();
        assertThat(pool.status().ending()).isEqualTo(1);
        assertThat(ends).isEmpty();

        CompletableFuture<Void> next =
                CompletableFuture.runAsync(() -> pool.lease(SMALL).close(), Thread::startVirtualThread);
        await().until(() -> pool.status().waiting() == 1);
        assertThat(pool.status().starting()).isZero();
        assertThat(next).isNotDone();

        mayEnd.complete(null);
        next.join();
        await().until(() -> pool.status().machines() == 0);
        assertThat(ends).containsExactly(MachineEnd.USED, MachineEnd.USED);
    }

    /** Otherwise a guest of which nothing is known could still run when its result is returned. */
    @Test
    void leaseOfAMachineWhoseKillIsNotConfirmedWaitsForItsEnd() {
        vmm.confirmNoKill();
        WarmPool pool = pool();
        Lease lease = pool.lease(SMALL);
        CompletableFuture<Void> closed = CompletableFuture.runAsync(lease::close, Thread::startVirtualThread);
        await().until(() -> pool.status().ending() == 1);
        assertThat(closed).isNotDone();

        mayEnd.complete(null);
        closed.join();
        await().until(() -> pool.status().machines() == 0);
    }

    @Test
    void drainWaitsForTheEndOfAKilledMachine() {
        WarmPool pool = pool();
        pool.lease(SMALL).close();
        assertThat(pool.drain(Deadline.after(Duration.ZERO, Ticker.SYSTEM))).isFalse();

        mayEnd.complete(null);
        assertThat(pool.drain(Deadline.after(Duration.ofSeconds(30), Ticker.SYSTEM)))
                .isTrue();
    }

    @Test
    void machineThatHasNotStartedCountsUntilItHasEnded() {
        FakeGuest _ = first.silent();
        WarmPool pool = pool();
        assertThatThrownBy(() -> pool.lease(SMALL)).hasMessageContaining("the guest agent did not answer in time");
        await().until(() -> pool.status().ending() == 1);
        mayEnd.complete(null);
        await().until(() -> pool.status().machines() == 0);
    }

    private WarmPool pool() {
        vmm.endNoSoonerThan(mayEnd);
        return new WarmPool(
                TestPools.plan(SMALL, 0, 1, Duration.ofSeconds(30)),
                TestPools.machines(vmm, TestFiles.bootFiles(), Ticker.SYSTEM),
                _ -> {},
                Ticker.SYSTEM,
                listener);
    }
}

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
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests a pool with several claimants. */
final class WarmPoolSharesTest {
    private static final MachineKind SMALL = new MachineKind("base", SandboxSize.SMALL);
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Claimant BUSY = new Claimant("busy", PoolShare.UNLIMITED);
    private static final Claimant HONEST = new Claimant("honest", PoolShare.UNLIMITED);
    private static final Claimant LIMITED = new Claimant("key:ci", new PoolShare(Optional.of(1), Optional.of(1)));

    private final FakeVmm vmm = new FakeVmm(_ -> new FakeGuest());
    private final List<String> served = Collections.synchronizedList(new ArrayList<>());
    private final List<CompletableFuture<Void>> requests = new ArrayList<>();

    @AfterEach
    void verifyNoMachineIsLeft() {
        requests.forEach(CompletableFuture::join);
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void claimantsThatWaitTakeTurns() {
        WarmPool pool = pool(1);
        Lease held = pool.lease(SMALL);
        for (Claimant claimant : List.of(BUSY, BUSY, BUSY, BUSY, HONEST, HONEST)) {
            ask(pool, claimant);
        }
        held.close();
        requests.forEach(CompletableFuture::join);
        assertThat(served).containsExactly("busy", "honest", "busy", "honest", "busy", "busy");
    }

    @Test
    void limitsMachinesToTheShare() {
        WarmPool pool = pool(3);
        Lease held = pool.lease(SMALL, LIMITED, Optional.empty());
        ask(pool, LIMITED);
        pool.lease(SMALL, HONEST, Optional.empty()).close();
        assertThat(served).isEmpty();
        assertThat(pool.status().waiting()).isEqualTo(1);
        held.close();
        requests.getFirst().join();
        assertThat(served).containsExactly("key:ci");
    }

    @Test
    void limitsWaitingRequestsToTheShare() {
        WarmPool pool = pool(3);
        try (Lease _ = pool.lease(SMALL, LIMITED, Optional.empty())) {
            ask(pool, LIMITED);
            refused(
                    () -> pool.lease(SMALL, LIMITED, Optional.empty()),
                    "key:ci has 1 requests that wait for a virtual machine, its limit; try again when one is"
                            + " answered, or make a key with a larger --max-waiting");
            assertThat(pool.status().waiting()).isEqualTo(1);
        }
    }

    @Test
    void reportsTheExhaustedShare() {
        WarmPool pool = pool(3);
        try (Lease _ = pool.lease(SMALL, LIMITED, Optional.empty())) {
            Deadline deadline = Deadline.after(Duration.ofMillis(300), Ticker.SYSTEM);
            refused(
                    () -> pool.lease(SMALL, LIMITED, Optional.of(deadline)),
                    "no virtual machine (image base, size small) was free for key:ci within 0.0 s: it has 1, its"
                            + " limit, and 1 of its requests wait; try again when one is answered, or make a key with a"
                            + " larger --max-machines");
            assertThat(pool.status().waiting()).isZero();
        }
    }

    @Test
    void sandboxesLeaveMachinesToPrograms() {
        WarmPool pool = pool(3, 1);
        Lease sandbox = pool.lease(SMALL, HONEST.forItsSandboxes(), Optional.empty());
        ask(pool, BUSY.forItsSandboxes());
        try (Lease _ = pool.lease(SMALL, HONEST, Optional.empty());
                Lease _ = pool.lease(SMALL, BUSY, Optional.empty())) {
            assertThat(served).as("beyond the bound of sandboxes").isEmpty();
        }
        sandbox.close();
        requests.getFirst().join();
        assertThat(served).containsExactly("busy");
    }

    @Test
    void livingSandboxesTakeNothingFromTheShareOfPrograms() {
        WarmPool pool = pool(3);
        try (Lease _ = pool.lease(SMALL, LIMITED.forItsSandboxes(), Optional.empty());
                Lease _ = pool.lease(SMALL, LIMITED.forItsSandboxes(), Optional.empty());
                Lease program = pool.lease(SMALL, LIMITED, Optional.empty())) {
            assertThat(program.machine().death()).isEmpty();
        }
    }

    private static void refused(Runnable request, String message) {
        assertThatThrownBy(request::run)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.TENANT_LIMIT))
                .hasMessage(message);
    }

    /** Starts a request and returns once it waits. */
    private void ask(WarmPool pool, Claimant claimant) {
        int before = pool.status().waiting();
        requests.add(CompletableFuture.runAsync(
                () -> {
                    try (Lease _ = pool.lease(SMALL, claimant, Optional.empty())) {
                        served.add(claimant.name());
                    }
                },
                Thread::startVirtualThread));
        await().until(() -> pool.status().waiting() == before + 1);
    }

    private WarmPool pool(int max) {
        return pool(max, max);
    }

    private WarmPool pool(int max, int sandboxes) {
        return new WarmPool(
                new PoolPlan(SMALL, 0, max, sandboxes, max, max, LONG, TestPools.PLENTY),
                TestPools.machines(vmm, TestFiles.bootFiles(), Ticker.SYSTEM),
                _ -> {},
                Ticker.SYSTEM,
                MachineListener.NONE);
    }
}

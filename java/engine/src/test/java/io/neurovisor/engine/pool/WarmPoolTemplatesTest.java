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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests machines of kinds without templates. */
final class WarmPoolTemplatesTest {
    private static final MachineKind SMALL = new MachineKind("base", SandboxSize.SMALL);
    private static final MachineKind MEDIUM = new MachineKind("base", SandboxSize.MEDIUM);
    private static final MachineKind LARGE = new MachineKind("base", SandboxSize.LARGE);
    private static final Duration LONG = Duration.ofSeconds(30);

    private final FakeVmm vmm = new FakeVmm(_ -> new FakeGuest());
    private final List<MachineKind> makings = new CopyOnWriteArrayList<>();
    private final Map<MachineKind, CompletableFuture<Void>> templates = new ConcurrentHashMap<>();
    private final List<CompletableFuture<Void>> requests = new ArrayList<>();

    @AfterEach
    void verifyNoMachineIsLeft() {
        requests.forEach(CompletableFuture::join);
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void templateUsesThePlaceOfItsMachine() {
        WarmPool pool = pool(1, LONG);
        ask(pool, SMALL);
        await().until(() -> makings.size() == 1);
        assertThat(pool.status().starting()).isEqualTo(1);
        ask(pool, MEDIUM);
        assertThat(makings).containsExactly(SMALL);
        template(SMALL).complete(null);
        template(MEDIUM).complete(null);
        requests.forEach(CompletableFuture::join);
        assertThat(makings).containsExactly(SMALL, MEDIUM);
        assertThat(pool.status().peak()).isEqualTo(1);
    }

    @Test
    void templatesAreMadeOneAtATimeWhileMachinesOfOtherKindsStart() {
        WarmPool pool = pool(8, LONG);
        template(SMALL).complete(null);
        pool.lease(SMALL).close();
        ask(pool, MEDIUM);
        await().until(() -> makings.contains(MEDIUM));
        ask(pool, LARGE);
        ask(pool, MEDIUM);
        pool.lease(SMALL).close();
        assertThat(makings).containsExactly(SMALL, MEDIUM);
        assertThat(pool.status().starting()).isEqualTo(1);
        assertThat(pool.status().waiting()).isEqualTo(3);
        template(MEDIUM).complete(null);
        await().until(() -> makings.contains(LARGE));
        template(LARGE).complete(null);
    }

    @Test
    void requestsWaitForTheirTemplateLongerThanForAMachine() {
        WarmPool pool = pool(1, Duration.ofMillis(1));
        CompletableFuture<Void> request =
                CompletableFuture.runAsync(() -> pool.lease(SMALL).close(), Thread::startVirtualThread);
        await().until(() -> makings.size() == 1);
        Deadline longer = Deadline.after(Duration.ofMillis(20), Ticker.SYSTEM);
        while (!longer.hasPassed()) {
            Thread.onSpinWait();
        }
        // The reason is the failed template, not the timeout of the request.
        template(SMALL)
                .completeExceptionally(new NeuroVisorException(Fault.TEMPLATE_BUILD_FAILED, "no room for a template"));
        assertThatThrownBy(request::join).hasMessageContaining("no room for a template");
    }

    @Test
    void deadlineEndsTheWaitForATemplate() {
        WarmPool pool = pool(1, LONG);
        Deadline deadline = Deadline.after(WarmPool.MARGIN.plusMillis(50), Ticker.SYSTEM);
        assertThatThrownBy(() -> pool.lease(SMALL, deadline))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.POOL_EXHAUSTED));
        assertThat(pool.status().waiting()).isZero();
        template(SMALL).complete(null);
        await().until(() -> pool.status().machines() == 0);
    }

    @Test
    void nextRequestRetriesAFailedTemplate() {
        WarmPool pool = pool(2, LONG);
        template(SMALL)
                .completeExceptionally(new NeuroVisorException(Fault.TEMPLATE_BUILD_FAILED, "no room for a template"));
        assertThatThrownBy(() -> pool.lease(SMALL)).hasMessageContaining("no room for a template");
        templates.remove(SMALL);
        template(SMALL).complete(null);
        pool.lease(SMALL).close();
        assertThat(makings).containsExactly(SMALL, SMALL);
    }

    private void ask(WarmPool pool, MachineKind kind) {
        int before = pool.status().waiting();
        requests.add(CompletableFuture.runAsync(() -> pool.lease(kind).close(), Thread::startVirtualThread));
        await().until(() -> pool.status().waiting() == before + 1);
    }

    private CompletableFuture<Void> template(MachineKind kind) {
        return templates.computeIfAbsent(kind, _ -> new CompletableFuture<>());
    }

    private void make(MachineKind kind) {
        makings.add(kind);
        try {
            template(kind).join();
        } catch (CompletionException exception) {
            throw exception.getCause() instanceof NeuroVisorException failure ? failure : exception;
        }
    }

    private WarmPool pool(int max, Duration acquireTimeout) {
        return new WarmPool(
                TestPools.plan(SMALL, 0, max, acquireTimeout),
                TestPools.machines(TestPools.machines(vmm, TestFiles.bootFiles(), Ticker.SYSTEM), this::make),
                _ -> {},
                Ticker.SYSTEM,
                MachineListener.NONE);
    }
}

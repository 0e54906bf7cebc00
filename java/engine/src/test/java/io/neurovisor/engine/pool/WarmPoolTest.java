package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.MachineFactory;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.template.TemplateKey;
import io.neurovisor.engine.template.TemplateStore;
import io.neurovisor.engine.template.Templates;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.ManualTicker;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WarmPoolTest {
    private static final MachineKind SMALL = new MachineKind("base", SandboxSize.SMALL);
    private static final MachineKind LARGE = new MachineKind("base", SandboxSize.LARGE);
    private static final Program PRIMER = new Program(Language.PYTHON, "1");
    private static final Duration LONG = Duration.ofSeconds(30);

    private final Map<VmId, FakeGuest> guests = new ConcurrentHashMap<>();
    private final FakeVmm vmm = new FakeVmm(id -> {
        FakeGuest guest = new FakeGuest();
        guests.put(id, guest);
        return guest;
    });
    private final ManualTicker ticker = new ManualTicker();
    private final List<WarmPool> pools = new ArrayList<>();

    @TempDir
    private Path directory;

    @AfterEach
    void verifyNoMachineIsLeft() {
        pools.forEach(pool -> assertThat(pool.drain(Deadline.after(LONG, Ticker.SYSTEM)))
                .as("drained: " + pool.status())
                .isTrue());
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void keepsPrimedMachinesReady() {
        WarmPool pool = warmed(pool(3, 6));
        assertThat(vmm.starts()).hasSize(3);
        assertThat(guests.values())
                .allSatisfy(guest -> assertThat(guest.primed()).containsExactly(PRIMER));

        try (Lease lease = pool.lease(SMALL)) {
            assertThat(guests).containsKey(lease.machine().vmId());
            assertThat(pool.status().warm()).isEqualTo(2);
            assertThat(vmm.starts()).as("refilled before the lease ends").hasSize(3);
        }
        await().until(() -> pool.status().warm() == 3);
        assertThat(vmm.starts()).hasSize(4);
    }

    @Test
    void replacesAMachineThatDiedWhileIdle() {
        WarmPool pool = warmed(pool(1, 1));
        VmId dead = guests.keySet().iterator().next();
        guest(dead).dead("QEMU was killed by signal 9");

        assertThat(pool.look().failure()).contains("QEMU was killed by signal 9");
        await().until(() -> vmm.livingCount() == 0);
        ticker.advance(Duration.ofSeconds(1));
        await().until(() -> pool.look().warm() == 1);
        assertThat(pool.status().failure()).isEmpty();
        assertThat(vmm.starts()).hasSize(2);
    }

    /** A start may compute the digest of a whole template, and a small host has few carrier threads. */
    @Test
    void busyStartsDoNotDelayRequests() throws InterruptedException {
        int processors = Runtime.getRuntime().availableProcessors();
        CountDownLatch busy = new CountDownLatch(processors);
        AtomicBoolean answered = new AtomicBoolean();
        Deadline deadline = Deadline.after(LONG, Ticker.SYSTEM);
        Machines machines = TestPools.machines(vmm, TestFiles.bootFiles(), Ticker.SYSTEM);
        WarmPool pool = pool(
                processors,
                processors,
                TestPools.machines(machines, (id, kind) -> {
                    busy.countDown();
                    while (!answered.get() && !deadline.hasPassed()) {
                        Thread.onSpinWait();
                    }
                    return machines.open(id, kind);
                }),
                ticker);
        pool.keepWarm();
        busy.await();

        assertThat(later(() -> answered.set(true))).succeedsWithin(LONG.dividedBy(2));
    }

    /** Fifty simultaneous starts on two processors would all exceed their limit, and so would their replacements. */
    @Test
    void limitsConcurrentStartsToThePlan() {
        CountDownLatch gate = new CountDownLatch(1);
        Machines real = TestPools.machines(vmm, TestFiles.bootFiles(), Ticker.SYSTEM);
        WarmPool pool = new WarmPool(
                new PoolPlan(SMALL, 5, 8, 8, 2, 8, LONG, TestPools.PLENTY),
                TestPools.machines(real, (id, kind) -> {
                    awaitQuietly(gate);
                    return real.open(id, kind);
                }),
                _ -> {},
                Ticker.SYSTEM,
                MachineListener.NONE);
        pools.add(pool);
        pool.keepWarm();
        CompletableFuture<Void> asking = later(() -> pool.lease(LARGE).close());
        await().until(() -> pool.status().waiting() == 1);
        assertThat(pool.status().starting()).isEqualTo(2);
        gate.countDown();
        asking.join();
        await().until(() -> pool.status().warm() == 5);
        assertThat(pool.status().peak()).isLessThanOrEqualTo(8);
    }

    @Test
    void startsNoMachineBeforeKeepWarm() {
        WarmPool pool = pool(3, 6);
        try (Lease lease = pool.lease(SMALL)) {
            assertThat(guest(lease.machine().vmId()).primed())
                    .as("primed while a request waits")
                    .isEmpty();
        }
        await().until(() -> pool.status().machines() == 0);
        assertThat(vmm.starts()).hasSize(1);
    }

    @Test
    void closedLeaseHasNoMachine() {
        WarmPool pool = pool(0, 1);
        Lease first = pool.lease(SMALL);
        first.close();
        assertThat(vmm.livingCount()).isZero();
        try (Lease second = pool.lease(SMALL)) {
            first.close();
            assertThat(pool.status().active()).isEqualTo(1);
            assertThat(second.machine().vmId()).isNotEqualTo(first.machine().vmId());
        }
    }

    @Test
    void servesRequestsInOrder() {
        WarmPool pool = pool(0, 2);
        List<Lease> held = List.of(pool.lease(SMALL), pool.lease(SMALL));
        List<Integer> served = Collections.synchronizedList(new ArrayList<>());
        List<CompletableFuture<Void>> requests = new ArrayList<>();
        for (int request = 0; request < 8; request++) {
            int number = request;
            requests.add(later(() -> {
                try (Lease _ = pool.lease(number % 3 == 0 ? LARGE : SMALL)) {
                    served.add(number);
                }
            }));
            await().until(() -> pool.status().waiting() == number + 1);
        }
        held.getFirst().close(); // With a single machine, the order is visible.
        requests.forEach(CompletableFuture::join);

        assertThat(served).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
        assertThat(pool.status().peak()).isEqualTo(2);
        held.getLast().close();
    }

    @Test
    void timedOutRequestReportsTheStateOfThePool() {
        WarmPool pool = pool(0, 1);
        try (Lease _ = pool.lease(SMALL)) {
            assertThatThrownBy(() -> pool.lease(LARGE, Deadline.after(Duration.ofMillis(300), Ticker.SYSTEM)))
                    .isInstanceOfSatisfying(
                            NeuroVisorException.class,
                            exception -> assertThat(exception.fault()).isEqualTo(Fault.POOL_EXHAUSTED))
                    .hasMessage(
                            "no virtual machine (image base, size large) was ready within 0.0 s: 1 of at most 1 exist"
                                    + " (1 in use, 0 starting), 1 requests wait; try again, or allow more with --max or"
                                    + " --acquire-timeout");
            assertThat(pool.status().waiting()).isZero();
        }
    }

    @Test
    void interruptRemovesARequestFromTheQueue() throws InterruptedException {
        WarmPool pool = pool(0, 1);
        Lease held = pool.lease(SMALL);
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Thread request = Thread.startVirtualThread(() -> {
            try {
                pool.lease(SMALL).close();
            } catch (NeuroVisorException exception) {
                failure.complete(exception);
            }
        });
        await().until(() -> pool.status().waiting() == 1);
        request.interrupt();
        request.join();
        assertThat(failure.join())
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.INTERRUPTED));
        assertThat(pool.status().waiting()).isZero();
        held.close();
    }

    @Test
    void requestReportsWhyItsMachineDidNotStart() {
        WarmPool pool = pool(0, 2);
        vmm.failStarts("no memory");
        assertThatThrownBy(() -> pool.lease(SMALL))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.VMM_FAILED))
                .hasMessageContaining("no memory");
        await().until(() -> pool.status().machines() == 0);
    }

    @Test
    void replacesAMachineThatDiedInThePool() {
        WarmPool pool = warmed(pool(2, 4));
        VmId dead = guests.keySet().iterator().next();
        guest(dead).dead("QEMU was killed by signal 9");

        List<Lease> leases = Stream.generate(() -> pool.lease(SMALL)).limit(3).toList();

        assertThat(leases)
                .allSatisfy(lease -> assertThat(lease.machine().vmId()).isNotEqualTo(dead));
        assertThat(pool.status().failure()).contains("QEMU was killed by signal 9");
        leases.forEach(Lease::close);
    }

    @Test
    void requestReportsWhyItsMachineDiedAtStart() {
        Machines real = TestPools.machines(vmm, TestFiles.bootFiles(), Ticker.SYSTEM);
        Machines dying = TestPools.machines(real, (id, kind) -> {
            Machine machine = real.open(id, kind);
            FakeGuest _ = guest(machine.vmId()).dead("QEMU was killed by signal 9");
            return machine;
        });
        WarmPool pool = pool(0, 2, dying, ticker);
        assertThatThrownBy(() -> pool.lease(SMALL)).hasMessageContaining("QEMU was killed by signal 9");
        assertThat(vmm.starts()).hasSize(1);
    }

    @Test
    void replacesATooOldMachine() {
        WarmPool pool = warmed(pool(2, 4));
        List<VmId> old = List.copyOf(guests.keySet());
        ticker.advance(WarmPool.MAX_AGE.plusNanos(1));
        try (Lease lease = pool.lease(SMALL)) {
            assertThat(old).doesNotContain(lease.machine().vmId());
        }
        await().until(() -> pool.status().warm() == 2 && pool.status().machines() == 2);
        assertThat(vmm.livingCount()).isEqualTo(2);
    }

    @Test
    void retriesAFailedRefill() {
        WarmPool pool = pool(2, 4, Ticker.SYSTEM);
        vmm.failStarts("no memory");
        pool.keepWarm();
        await().until(() -> pool.status().failure().isPresent() && pool.status().machines() == 0);
        vmm.failStarts("");
        try (Lease _ = pool.lease(SMALL)) {
            assertThat(pool.status().failure().orElse("")).contains("no memory");
        }
        await().until(() -> pool.status().warm() == 2);
        assertThat(pool.status().failure()).isEmpty();
    }

    @Test
    void timedOutRequestReportsTheFailedRefill() {
        WarmPool pool = pool(1, 1);
        vmm.failStarts("no memory");
        pool.keepWarm();
        await().until(() -> pool.status().failure().isPresent());
        vmm.failStarts("");
        try (Lease _ = pool.lease(SMALL)) {
            assertThatThrownBy(() -> pool.lease(SMALL, Deadline.after(Duration.ZERO, Ticker.SYSTEM)))
                    .hasMessageContaining("the last one that was started to be kept ready failed: ")
                    .hasMessageContaining("no memory");
        }
    }

    @Test
    void unusedMachineMakesRoomForAnotherSize() {
        WarmPool pool = warmed(pool(2, 2));
        try (Lease lease = pool.lease(LARGE)) {
            assertThat(lease.machine().start()).isEqualTo(new VmStart.ColdBoot(TestFiles.bootFiles(), LARGE.size()));
            assertThat(pool.status().machines()).isLessThanOrEqualTo(2);
        }
        await().until(() -> pool.status().warm() == 2);
        assertThat(pool.status().peak()).isEqualTo(2);
    }

    @Test
    void rebuildsAMissingTemplate() throws IOException {
        TemplateStore store = (key, writer, _) -> {
            Path saved = directory.resolve(key.size().label());
            if (saved.toFile().mkdir()) {
                writer.accept(saved);
            }
            return new SavedVm(key.files(), key.size(), saved);
        };
        Templates templates = new Templates(store, vmm, new SecureRandom(), Ticker.SYSTEM, RequiredLayers.NONE);
        MachineFactory factory =
                new MachineFactory(vmm, new SecureRandom(), Ticker.SYSTEM, MachineListener.NONE, RequiredLayers.NONE);
        Machines machines = TestPools.machines(factory, (id, kind) -> {
            TemplateKey key = new TemplateKey(TestFiles.bootFiles(), kind.size(), vmm.identity(), List.of(PRIMER));
            return factory.open(
                    id,
                    new VmStart.Restore(templates.findOrBuild(key, Progress.SILENT)),
                    Deadline.after(LONG, Ticker.SYSTEM));
        });
        WarmPool pool = warmed(pool(1, 2, machines, ticker));
        Path template = directory.resolve(SMALL.size().label());
        try (Stream<Path> files = Files.list(template)) {
            files.forEach(file -> assertThat(file.toFile().delete()).isTrue());
        }
        Files.delete(template);

        pool.lease(SMALL).close();
        await().until(() -> pool.status().warm() == 1);
        assertThat(pool.status().failure()).isEmpty();
        assertThat(vmm.starts().stream().filter(VmStart.TemplateBoot.class::isInstance))
                .hasSize(2);
    }

    @Test
    void drainLetsRunningProgramsFinish() {
        CountDownLatch gate = new CountDownLatch(1);
        WarmPool pool = warmed(pool(1, 2));
        Lease first = pool.lease(SMALL);
        Lease second = pool.lease(SMALL);
        CompletableFuture<Void> waiting = later(() -> pool.lease(SMALL).close());
        await().until(() -> pool.status().waiting() == 1);
        first.close();
        waiting.join();
        await().until(() -> pool.status().warm() == 1);
        CompletableFuture<Boolean> drained = CompletableFuture.supplyAsync(
                () -> {
                    gate.countDown();
                    return pool.drain(Deadline.after(LONG, Ticker.SYSTEM));
                },
                Thread::startVirtualThread);
        await().until(() -> gate.getCount() == 0 && vmm.livingCount() == 1);
        assertThatThrownBy(() -> pool.lease(SMALL))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.STOPPING));
        assertThat(drained).isNotDone();
        assertThat(pool.drain(Deadline.after(Duration.ZERO, Ticker.SYSTEM))).isFalse();
        second.close();
        assertThat(drained.join()).isTrue();
    }

    @Test
    void stopRejectsWaitingRequests() {
        WarmPool pool = pool(0, 1);
        try (Lease _ = pool.lease(SMALL)) {
            CompletableFuture<Void> waiting = later(() -> pool.lease(SMALL).close());
            await().until(() -> pool.status().waiting() == 1);
            pool.close();
            assertThatThrownBy(waiting::join).cause().hasMessageContaining("shutting down");
        }
    }

    @Test
    void destroysMachinesThatStartAfterTheStop() {
        CountDownLatch gate = new CountDownLatch(1);
        Machines real = TestPools.machines(vmm, TestFiles.bootFiles(), Ticker.SYSTEM);
        WarmPool pool = pool(
                1,
                1,
                TestPools.machines(real, (id, kind) -> {
                    awaitQuietly(gate);
                    return real.open(id, kind);
                }),
                Ticker.SYSTEM);
        pool.keepWarm();
        await().until(() -> pool.status().starting() == 1);
        pool.close();
        gate.countDown();
        await().until(() -> pool.status().machines() == 0 && vmm.starts().size() == 1 && vmm.livingCount() == 0);
    }

    private FakeGuest guest(VmId id) {
        return requireNonNull(guests.get(id));
    }

    private WarmPool warmed(WarmPool pool) {
        pool.keepWarm();
        await().until(() -> pool.status().starting() == 0 && pool.status().warm() > 0);
        return pool;
    }

    private WarmPool pool(int warm, int max) {
        return pool(warm, max, ticker);
    }

    private WarmPool pool(int warm, int max, Ticker clock) {
        return pool(warm, max, TestPools.machines(vmm, TestFiles.bootFiles(), Ticker.SYSTEM), clock);
    }

    private WarmPool pool(int warm, int max, Machines machines, Ticker clock) {
        Consumer<Machine> primer = machine -> machine.prime(PRIMER, Deadline.after(LONG, Ticker.SYSTEM));
        WarmPool pool =
                new WarmPool(TestPools.plan(SMALL, warm, max, LONG), machines, primer, clock, MachineListener.NONE);
        pools.add(pool);
        return pool;
    }

    private static CompletableFuture<Void> later(Runnable request) {
        return CompletableFuture.runAsync(request, Thread::startVirtualThread);
    }

    private static void awaitQuietly(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }
}

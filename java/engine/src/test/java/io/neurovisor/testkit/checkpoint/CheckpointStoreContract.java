package io.neurovisor.testkit.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointSource;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointStore;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.sandbox.checkpoint.SharedMemory;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.VmmIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What each store of checkpoints must do. */
@Timeout(60)
public abstract class CheckpointStoreContract {
    protected static final SandboxId ONE = new SandboxId("a".repeat(20));
    protected static final SandboxId OTHER = new SandboxId("b".repeat(20));
    protected static final VmmIdentity VMM = new VmmIdentity("qemu", "10.0.2", "tcg", "qemu64", "microvm");
    private static final long SIZE = 8192;

    /** Returns the store, which is empty at first. */
    protected abstract CheckpointStore store();

    /** Returns the template of all machines. */
    protected abstract SavedVm template();

    protected final CheckpointSource source(SandboxId sandbox, int generation) {
        return new CheckpointSource(sandbox, generation, template(), VMM);
    }

    protected final SandboxCheckpoint save(SandboxId sandbox, int generation, String state) {
        return store().save(source(sandbox, generation), SIZE, CheckpointWriter.of(state));
    }

    protected final String stateOf(SandboxCheckpoint checkpoint) {
        VmStart.Restore start = store().open(checkpoint, VMM);
        assertThat(start.saved()).isEqualTo(template());
        try {
            return Files.readString(start.checkpoint().orElseThrow().directory().resolve(CheckpointWriter.STATE));
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void opensWhatWasSaved() {
        SandboxCheckpoint saved = save(ONE, 1, "first");
        assertThat(store().newest(ONE)).contains(saved);
        assertThat(stateOf(saved)).isEqualTo("first");
        // It stays until it is replaced.
        assertThat(stateOf(saved)).isEqualTo("first");
    }

    @Test
    void isEmptyAtFirst() {
        assertThat(store().newest(ONE)).isEmpty();
        assertThat(store().sandboxes()).isEmpty();
        assertThat(store().bytes(ONE)).isZero();
        store().delete(ONE);
        store().sweep(Set.of());
    }

    @Test
    void laterGenerationReplacesTheEarlierOne() {
        SandboxCheckpoint first = save(ONE, 1, "first");
        SandboxCheckpoint tenth = save(ONE, 10, "tenth");
        assertThat(store().newest(ONE)).contains(tenth);
        assertThat(stateOf(tenth)).isEqualTo("tenth");
        assertFault(Fault.CHECKPOINT_DAMAGED, () -> store().open(first, VMM));
    }

    @Test
    void aSaveOfTheSameGenerationReplacesItself() {
        save(ONE, 1, "first");
        assertThat(stateOf(save(ONE, 1, "again"))).isEqualTo("again");
    }

    @Test
    void rejectsAnEarlierGeneration() {
        SandboxCheckpoint second = save(ONE, 2, "second");
        assertFault(Fault.INTERNAL, () -> save(ONE, 1, "first"));
        assertThat(stateOf(second)).isEqualTo("second");
    }

    @Test
    void failedWriterLeavesTheEarlierGeneration() {
        SandboxCheckpoint first = save(ONE, 1, "first");
        NeuroVisorException failure = new NeuroVisorException(Fault.GUEST_REFUSED, "a program does not stop");
        Consumer<Path> writer = directory -> {
            CheckpointWriter.of("second").accept(directory);
            throw failure;
        };
        assertThatThrownBy(() -> store().save(source(ONE, 2), SIZE, writer)).isSameAs(failure);
        assertThat(store().newest(ONE)).contains(first);
        assertThat(stateOf(first)).isEqualTo("first");
    }

    @Test
    void failedFirstSaveLeavesNothing() {
        NeuroVisorException failure = new NeuroVisorException(Fault.VMM_FAILED, "it has ended");
        assertThatThrownBy(() -> store().save(source(ONE, 1), SIZE, _ -> {
                    throw failure;
                }))
                .isSameAs(failure);
        assertThat(store().newest(ONE)).isEmpty();
        assertThat(store().sandboxes()).isEmpty();
    }

    @Test
    void nothingAppearsBeforeTheWriterHasReturned() {
        store().save(source(ONE, 1), SIZE, directory -> {
            CheckpointWriter.of("first").accept(directory);
            assertThat(store().newest(ONE)).isEmpty();
            assertThat(store().sandboxes()).isEmpty();
        });
        assertThat(store().newest(ONE)).isPresent();
    }

    @Test
    void lendsWhatIsSavedForTheTimeOfACall() {
        List<Path> lent = new ArrayList<>();
        store().lend(template(), SIZE, CheckpointWriter.of("lent"), start -> {
            Path directory = start.checkpoint().orElseThrow().directory();
            assertThat(start.saved()).isEqualTo(template());
            assertThat(directory.resolve(CheckpointWriter.STATE)).hasContent("lent");
            assertThat(store().sandboxes()).isEmpty();
            store().sweep(Set.of());
            assertThat(directory).as("after a sweep").isNotEmptyDirectory();
            lent.add(directory);
        });
        assertThat(lent).hasSize(1);
        assertThat(lent.getFirst()).doesNotExist();
    }

    @Test
    void lendsBesideTheCheckpointOfTheSameSandbox() {
        SandboxCheckpoint first = save(ONE, 1, "first");
        store().lend(template(), SIZE, CheckpointWriter.of("lent"), _ -> {});
        assertThat(stateOf(first)).isEqualTo("first");
    }

    @Test
    void aFailureOfABorrowerIsThrownOn() {
        NeuroVisorException failure = new NeuroVisorException(Fault.SANDBOX_LOST, "it does not go on");
        assertThatThrownBy(() -> store().lend(template(), SIZE, CheckpointWriter.of("lent"), _ -> {
                    throw failure;
                }))
                .isSameAs(failure);
        assertThat(store().newest(ONE)).isEmpty();
    }

    @Test
    void sharesAMemoryUntilItIsClosed() {
        SandboxCheckpoint other = save(OTHER, 1, "other");
        List<SharedMemory> shared = new ArrayList<>();
        store().lend(template(), SIZE, CheckpointWriter.of("lent"), lent -> {
            shared.add(store().share(lent, SIZE, CheckpointWriter.of("shared")));
            assertThat(lent.checkpoint().orElseThrow().directory()).as("moved").doesNotExist();
        });
        VmStart.Restore start = shared.getFirst().start();
        Path machine = start.saved().directory();
        assertThat(start.checkpoint().orElseThrow().directory()).isEqualTo(machine);
        assertThat(start.saved().template()).isEqualTo(template());
        assertThat(start.saved().flattened().orElseThrow().directory().resolve(CheckpointWriter.STATE))
                .hasContent("lent");
        store().sweep(Set.of(OTHER));
        assertThat(machine.resolve(CheckpointWriter.STATE)).hasContent("shared");
        assertThat(store().sandboxes()).containsExactly(OTHER);

        shared.getFirst().close();

        assertThat(machine).doesNotExist();
        assertThat(machine.getParent()).doesNotExist();
        assertThat(stateOf(other)).isEqualTo("other");
    }

    @Test
    void aMemoryThatIsNotMadeLeavesWhatWasLent() {
        NeuroVisorException failure = new NeuroVisorException(Fault.STORAGE_FAILED, "the memory was not copied");
        store().lend(template(), SIZE, CheckpointWriter.of("lent"), lent -> {
            assertThatThrownBy(() -> store().share(lent, SIZE, directory -> {
                        CheckpointWriter.of("half").accept(directory);
                        throw failure;
                    }))
                    .isSameAs(failure);
            assertThat(lent.checkpoint().orElseThrow().directory().resolve(CheckpointWriter.STATE))
                    .hasContent("lent");
        });
        assertThat(store().sandboxes()).isEmpty();
    }

    @Test
    void keepsASnapshotBesideItsSandboxUntilItIsDeleted() {
        save(ONE, 2, "sandbox");
        Snapshot snapshot = snapshot(OTHER);
        SandboxCheckpoint saved = store().keep(snapshot, source(OTHER, 1), SIZE, directory -> {
            CheckpointWriter.of("snapshot").accept(directory);
            assertThat(store().snapshots()).as("before it is complete").isEmpty();
            store().sweep(Set.of(ONE));
        });
        assertThat(store().snapshots()).containsExactly(snapshot);
        assertThat(store().sandboxes()).containsExactly(ONE);
        assertThat(store().bytes(OTHER)).isPositive();
        store().delete(ONE);
        store().sweep(Set.of());
        assertThat(store().newest(OTHER)).contains(saved);
        assertThat(stateOf(saved)).isEqualTo("snapshot");
        assertThat(store().snapshots()).containsExactly(snapshot);
        store().delete(OTHER);
        assertThat(store().snapshots()).isEmpty();
        assertFault(Fault.CHECKPOINT_DAMAGED, () -> store().open(saved, VMM));
    }

    @Test
    void aTemplateIsTheMachineOfItsSandboxes() {
        Snapshot template = snapshot(OTHER).template(OTHER, "mine", Instant.EPOCH);
        SandboxCheckpoint saved = store().keep(template, source(OTHER, 1), SIZE, CheckpointWriter.of("template"));
        assertThat(store().snapshots()).containsExactly(template);
        VmStart.Restore start = store().open(saved, VMM);
        Path memory = start.checkpoint().orElseThrow().directory();
        assertThat(start.saved().directory())
                .isEqualTo(memory)
                .isNotEqualTo(template().directory());
        assertThat(start.saved().files()).isEqualTo(template().files());
        assertThat(store().basedOn(OTHER, Map.of())).isEmpty();

        SavedVm shared = new SavedVm(
                start.saved().files(), start.saved().size(), memory.resolveSibling("shared"), Optional.of(start));
        assertThat(store().basedOn(OTHER, Map.of(ONE, new VmStart.Restore(shared))))
                .as("by a machine that shares its memory with copies")
                .containsExactly(ONE);

        CheckpointSource based = new CheckpointSource(ONE, 1, start.saved(), VMM);
        SandboxCheckpoint paused = store().save(based, SIZE, CheckpointWriter.of("sandbox"));

        assertThat(store().open(paused, VMM).saved()).isEqualTo(start.saved());
        assertThat(store().basedOn(OTHER, Map.of())).containsExactly(ONE);
        store().delete(ONE);
        assertThat(store().basedOn(OTHER, Map.of())).isEmpty();
        assertThat(store().basedOn(OTHER, Map.of(ONE, start)))
                .as("while it runs")
                .containsExactly(ONE);
        VmStart.Restore other = new VmStart.Restore(template());
        assertThat(store().basedOn(OTHER, Map.of(ONE, other))).isEmpty();
        store().sweep(Set.of());
        assertThat(store().open(saved, VMM)).isEqualTo(start);
        store().delete(OTHER);
        assertThat(store().snapshots()).isEmpty();
    }

    @Test
    void aSnapshotThatIsNotWrittenLeavesNothing() {
        NeuroVisorException failure = new NeuroVisorException(Fault.VMM_FAILED, "it has ended");
        assertThatThrownBy(() -> store().keep(snapshot(OTHER), source(OTHER, 1), SIZE, _ -> {
                    throw failure;
                }))
                .isSameAs(failure);
        assertThat(store().snapshots()).isEmpty();
        assertThat(store().newest(OTHER)).isEmpty();
    }

    private static Snapshot snapshot(SandboxId id) {
        return new Snapshot(
                id,
                "key:ci",
                "with \"pandas\" \u00fc",
                ONE,
                new MachineKind("base", SandboxSize.MEDIUM),
                Optional.of("/tmp"),
                Instant.parse("2026-01-02T03:04:05.678Z"));
    }

    @Test
    void sandboxesAreIndependent() {
        SandboxCheckpoint one = save(ONE, 1, "one");
        SandboxCheckpoint other = save(OTHER, 1, "other");
        assertThat(store().sandboxes()).containsExactlyInAnyOrder(ONE, OTHER);
        assertThat(store().bytes(ONE)).isGreaterThan(4096).isLessThan(4096 + 8192);
        store().delete(ONE);
        assertFault(Fault.CHECKPOINT_DAMAGED, () -> store().open(one, VMM));
        assertThat(store().newest(ONE)).isEmpty();
        assertThat(store().bytes(ONE)).isZero();
        assertThat(stateOf(other)).isEqualTo("other");
    }

    @Test
    void twoSandboxesAreSavedAtATime() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        List<SandboxCheckpoint> saved = concurrently(2, number -> {
            SandboxId sandbox = number == 0 ? ONE : OTHER;
            return store().save(source(sandbox, 1), SIZE, directory -> {
                both.countDown();
                await(both);
                CheckpointWriter.of("state of " + sandbox).accept(directory);
            });
        });
        assertThat(saved)
                .allSatisfy(
                        checkpoint -> assertThat(stateOf(checkpoint)).isEqualTo("state of " + checkpoint.sandbox()));
    }

    @Test
    void manySavesWaitForEachOther() throws Exception {
        List<SandboxCheckpoint> saved = concurrently(
                20, number -> save(new SandboxId("c%019d".formatted(number)), 1, Integer.toString(number)));
        assertThat(saved)
                .allSatisfy(checkpoint -> assertThat(stateOf(checkpoint))
                        .isEqualTo(Integer.toString(
                                Integer.parseInt(checkpoint.sandbox().value().substring(1)))));
        assertThat(store().sandboxes()).hasSize(20);
    }

    @Test
    void findsAGenerationWhileItIsReplaced() throws Exception {
        save(ONE, 1, "1");
        AtomicBoolean done = new AtomicBoolean();
        List<Integer> last = concurrently(2, number -> {
            if (number == 0) {
                IntStream.rangeClosed(2, 30).forEach(next -> save(ONE, next, Integer.toString(next)));
                done.set(true);
            }
            int seen = 0;
            while (!done.get()) {
                int found = store().newest(ONE).orElseThrow().generation();
                assertThat(found).isGreaterThanOrEqualTo(seen);
                seen = found;
            }
            return store().newest(ONE).orElseThrow().generation();
        });
        assertThat(last).containsOnly(30);
    }

    @Test
    void sweepKeepsWhatHasARecord() {
        SandboxCheckpoint kept = save(ONE, 1, "kept");
        save(OTHER, 1, "other");
        store().sweep(Set.of(ONE));
        assertThat(store().sandboxes()).containsExactly(ONE);
        assertThat(stateOf(kept)).isEqualTo("kept");
    }

    @Test
    void sweepDisturbsNoSave() {
        SandboxCheckpoint saved = store().save(source(ONE, 1), SIZE, directory -> {
            CheckpointWriter.of("first").accept(directory);
            store().sweep(Set.of());
        });
        assertThat(stateOf(saved)).isEqualTo("first");
    }

    @Test
    void rejectsAnotherVmm() {
        SandboxCheckpoint saved = save(ONE, 1, "first");
        VmmIdentity upgraded = new VmmIdentity("qemu", "10.1.0", "tcg", "qemu64", "microvm");
        assertThatThrownBy(() -> store().open(saved, upgraded))
                .hasMessageContaining("qemu 10.0.2 (tcg)")
                .hasMessageContaining("qemu 10.1.0 (tcg)");
        assertFault(Fault.CHECKPOINT_FOREIGN, () -> store().open(saved, upgraded));
        assertThat(stateOf(saved)).isEqualTo("first");
    }

    @Test
    void refusesASaveWithoutSpace() {
        AtomicBoolean called = new AtomicBoolean();
        assertFault(Fault.DISK_SHORT, () -> store().save(source(ONE, 1), Long.MAX_VALUE, _ -> called.set(true)));
        assertThat(called).isFalse();
        assertThat(store().sandboxes()).isEmpty();
    }

    protected static void assertFault(Fault fault, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(fault));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupt) {
            throw new AssertionError(interrupt);
        }
    }

    private static <T> List<T> concurrently(int count, IntFunction<T> action) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<T>> all = IntStream.range(0, count)
                    .mapToObj(number -> threads.submit(() -> action.apply(number)))
                    .toList();
            List<T> results = new ArrayList<>();
            for (Future<T> one : all) {
                results.add(one.get());
            }
            return results;
        }
    }
}

package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.report.ForkedSandbox;
import io.neurovisor.engine.vm.VmStart;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests copies of a sandbox that has changed so much memory that they share it. */
final class SharedMemoryTest extends SandboxesFixture {
    private static final long MUCH = KIND.size().memoryBytes() / 2;

    private Sandbox source;

    @BeforeEach
    void changeMuchMemory() {
        vmm.change(MUCH);
        source = create();
        source.processes().start(sleep(), soon()).close();
    }

    @Test
    void copiesShareOneMemoryUntilTheLastOneEnds() {
        List<Sandbox> copies = fork(source, 2);

        List<VmStart.Restore> starts = startsOf(2);
        assertThat(starts.getFirst()).isEqualTo(starts.getLast());
        assertThat(starts.getFirst().saved().directory())
                .isNotEqualTo(template())
                .exists();
        assertThat(starts.getFirst().saved().template().directory()).isEqualTo(template());
        assertThat(copies).allSatisfy(this::assertGoesOn);
        assertThat(checkpoints.names()).hasSize(1).allMatch(name -> name.startsWith("shared-"));

        kill(source);
        kill(copies.getFirst());
        assertThat(checkpoints.names()).hasSize(1);
        kill(copies.getLast());
        assertThat(checkpoints.names()).isEmpty();
    }

    @Test
    void theMemoryCountsInThePool() {
        long before = pool.room().promisedBytes();
        List<Sandbox> copies = fork(source, 2);
        long perMachine = pool.room().limitBytes();
        assertThat(pool.room().promisedBytes())
                .isEqualTo(before + 2 * perMachine + KIND.size().memoryBytes());

        copies.forEach(this::kill);

        assertThat(pool.room().promisedBytes()).isEqualTo(before);
    }

    @Test
    void aPausedCopyNeedsTheTemplateAlone() {
        List<Sandbox> copies = fork(source, 2);

        Sandbox _ = sandboxes.pause(copies.getFirst().id(), NAME);
        kill(copies.getLast());

        assertThat(checkpoints.names()).containsExactly(copies.getFirst().id() + "-1");
        Sandbox resumed = sandboxes.connect(copies.getFirst().id(), OWNER, LONG);
        assertThat(startsOf(1).getFirst().saved().directory()).isEqualTo(template());
        assertGoesOn(resumed);
    }

    @Test
    void aCopyOfACopySharesAnotherMemory() {
        List<Sandbox> first = fork(source, 2);
        VmStart.Restore shared = startsOf(1).getFirst();
        kill(source);
        kill(first.getLast());

        List<Sandbox> second = fork(first.getFirst(), 2);

        assertThat(second).hasSize(2).allSatisfy(this::assertGoesOn);
        VmStart.Restore start = startsOf(1).getFirst();
        assertThat(start).isNotEqualTo(shared);
        assertThat(start.saved().template().directory()).isEqualTo(template());
        kill(first.getFirst());
        assertThat(shared.saved().directory()).doesNotExist();
        assertThat(start.saved().directory()).exists();
    }

    @Test
    void aPausedSourceHasCopiesThatShareMemory() {
        Sandbox _ = sandboxes.pause(source.id(), NAME);

        List<Sandbox> copies = fork(source, 2);

        assertThat(copies).allSatisfy(this::assertGoesOn);
        assertThat(checkpoints.names()).hasSize(2).anyMatch(name -> name.startsWith("shared-"));
    }

    @Test
    void aMemoryThatCannotBeMadeIsLoadedIntoEachCopy() {
        vmm.failFlattening("no space left");

        List<Sandbox> copies = fork(source, 2);

        assertThat(copies).allSatisfy(this::assertGoesOn);
        assertThat(startsOf(2))
                .allSatisfy(start -> assertThat(start.saved().directory()).isEqualTo(template()));
        assertThat(checkpoints.names()).isEmpty();
    }

    @Test
    void oneCopyThatDiesLeavesTheMemoryToTheOther() {
        AtomicBoolean dies = new AtomicBoolean(true);
        whileStarting = () -> {
            if (dies.getAndSet(false)) {
                throw new NeuroVisorException(Fault.VMM_FAILED, "QEMU was killed by signal 9");
            }
        };

        List<Sandbox> copies = fork(source, 2);

        assertThat(copies).hasSize(1).allSatisfy(this::assertGoesOn);
        kill(copies.getFirst());
        assertThat(checkpoints.names()).isEmpty();
    }

    @Test
    void aForkIsReportedAfterItsCopies() {
        List<Sandbox> copies = fork(source, 2);

        assertThat(recorded.events)
                .endsWith(
                        "created " + copies.getFirst().id(),
                        "created " + copies.getLast().id(),
                        "forked " + source.id());
    }

    @Test
    void aForkWithoutCopiesIsNotReported() {
        vmm.failStarts("no memory");

        List<ForkedSandbox> results = sandboxes.fork(source.id(), OWNER, 2, LONG, soon());

        assertThat(results).allMatch(result -> result.failure().isPresent());
        assertThat(recorded.events).noneMatch(event -> event.startsWith("forked"));
        assertThat(checkpoints.names()).isEmpty();
    }

    private List<Sandbox> fork(Sandbox sandbox, int count) {
        return sandboxes.fork(sandbox.id(), OWNER, count, Duration.ofMinutes(7), soon()).stream()
                .flatMap(result -> result.sandbox().stream())
                .toList();
    }

    private Path template() {
        return directory.resolve("template");
    }

    /** Returns how the last machines were started. */
    private List<VmStart.Restore> startsOf(int count) {
        List<VmStart> all = vmm.starts();
        return all.subList(all.size() - count, all.size()).stream()
                .map(VmStart.Restore.class::cast)
                .toList();
    }

    private void kill(Sandbox sandbox) {
        assertThat(sandboxes.kill(sandbox.id(), NAME, SandboxEnd.KILLED)).isTrue();
    }

    private void assertGoesOn(Sandbox sandbox) {
        assertThat(sandbox.processes().list(soon())).hasSize(1);
    }
}

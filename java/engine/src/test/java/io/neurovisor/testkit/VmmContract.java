package io.neurovisor.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.guest.GuestIdentity;
import io.neurovisor.engine.guest.ResponseDeadline;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.Boots;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmDiagnosis;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract of VMM drivers, real or fake. */
public abstract class VmmContract {
    private static final Program HELLO = new Program(Language.BASH, "echo hello");
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    private final SecureRandom random = new SecureRandom();

    @TempDir
    Path temporary;

    protected abstract Vmm vmm();

    protected abstract BootFiles files();

    /** Returns an empty directory for templates. */
    protected Path directory() {
        return temporary;
    }

    @Tag("short")
    @Test
    void coldBootedMachineRunsAProgram() {
        try (Guest guest = boot()) {
            assertThat(guest.channel().hello(soon()).vcpuCount()).isEqualTo(SandboxSize.SMALL.vcpuCount());
            assertRuns(guest.channel());
        }
    }

    @Test
    void clonesOfOneTemplateRunAtTheSameTime() {
        SavedVm saved = saveTemplate();
        try (Vm first = vmm().start(newId(), new VmStart.Restore(saved), soon());
                Vm second = vmm().start(newId(), new VmStart.Restore(saved), soon());
                GuestChannel firstChannel = connect(first);
                GuestChannel secondChannel = connect(second)) {
            assertRuns(firstChannel);
            assertRuns(secondChannel);
            assertThat(first.death()).isEmpty();
            assertThat(second.death()).isEmpty();
        }
    }

    @Test
    void guestRefusesToExecuteBeforeItHasAnIdentity() {
        try (Guest guest = boot()) {
            assertFault(() -> execute(guest.channel(), new RecordingSink()), Fault.GUEST_REFUSED);
        }
    }

    @Tag("short")
    @Test
    void guestRefusesASecondExecution() {
        try (Guest guest = boot()) {
            assertRuns(guest.channel());
            assertFault(() -> execute(guest.channel(), new RecordingSink()), Fault.GUEST_REFUSED);
        }
    }

    @Test
    void restoringAnUnsavedMachineFailsWithAReason() throws IOException {
        Path empty = Files.createDirectory(directory().resolve("empty"));
        VmStart restore = new VmStart.Restore(new SavedVm(files(), SandboxSize.SMALL, empty));
        assertFault(() -> vmm().start(newId(), restore, soon()), Fault.VMM_FAILED);
    }

    @Test
    void checkpointedMachineGoesOn() {
        try (Vm vm = vmm().start(newId(), new VmStart.Restore(saveTemplate()), soon())) {
            refresh(vm);
            vm.checkpoint(directory().resolve("first"), soon());
            vm.resume(soon());
            assertContinues(vm);
            vm.checkpoint(directory().resolve("second"), soon());
            vm.resume(soon());
            assertIsSpent(vm);
        }
    }

    /** Each generation takes the next step of a guest's life, so the last one has the memory of all before it. */
    @Test
    void restoredMachinesContinueWhereTheyWereSaved() {
        SavedVm saved = saveTemplate();
        Checkpoint first = ended(new VmStart.Restore(saved), "first", VmmContract::hello);
        Checkpoint second = ended(restore(saved, first), "second", this::refresh);
        try (Vm one = vmm().start(newId(), restore(saved, second), soon());
                Vm other = vmm().start(newId(), restore(saved, second), soon())) {
            assertContinues(one);
            assertContinues(other);
        }
        Checkpoint third = ended(restore(saved, second), "third", VmmContract::assertContinues);
        try (Vm vm = vmm().start(newId(), restore(saved, third), soon())) {
            assertIsSpent(vm);
        }
    }

    /** A process lives on in the machine that was saved and in those that are restored, each with randomness of its own. */
    @Test
    void frozenSandboxLivesOnAfterARefresh() {
        SavedVm saved = saveTemplate();
        try (Vm source = vmm().start(newId(), new VmStart.Restore(saved), soon())) {
            try (GuestChannel channel = connect(source)) {
                channel.refresh(GuestIdentity.fresh(random, "source"), soon());
                long _ = channel.adopt(Map.of(), Optional.empty(), soon());
                try (ProcessEvents events = channel.processes().start(sleep(), soon())) {
                    channel.freeze(soon());
                    assertFault(() -> drain(events), Fault.SANDBOX_MOVED);
                }
                assertFault(() -> channel.processes().list(soon()), Fault.PROCESS_REFUSED, Fault.GUEST_REFUSED);
                channel.thaw(soon());
                assertRunsOn(channel);
                channel.freeze(soon());
            }
            Checkpoint checkpoint = source.checkpoint(directory().resolve("frozen"), soon());
            source.resume(soon());
            refresh(source, GuestIdentity.ofTheSameNames(random));
            thaw(source, GuestIdentity.ofTheSameNames(random));
            try (Vm clone = vmm().start(newId(), restore(saved, checkpoint), soon())) {
                thaw(clone, GuestIdentity.fresh(random, "clone"));
            }
        }
    }

    private static ProcessSpec sleep() {
        return new ProcessSpec(
                "sleep",
                List.of("1000"),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty(),
                true,
                Optional.empty());
    }

    private static void drain(ProcessEvents events) {
        while (events.next().isPresent()) {
            // Until it fails.
        }
    }

    /** Refreshes a sandbox that could be saved once more before it is thawed. */
    private static void refresh(Vm vm, GuestIdentity identity) {
        try (GuestChannel channel = connect(vm)) {
            channel.refresh(identity, soon());
        }
    }

    /** Thaws a sandbox that may have been saved. */
    private static void thaw(Vm vm, GuestIdentity identity) {
        try (GuestChannel channel = connect(vm)) {
            assertFault(() -> channel.thaw(soon()), Fault.GUEST_REFUSED);
            channel.refresh(identity, soon());
            channel.thaw(soon());
            assertRunsOn(channel);
        }
    }

    private static void assertRunsOn(GuestChannel channel) {
        assertThat(channel.processes().list(soon()))
                .singleElement()
                .satisfies(process -> assertThat(process.end()).isEmpty());
    }

    @Test
    void machineThatIsNotSavedRunsOn() throws IOException {
        SavedVm saved = saveTemplate();
        Path occupied = Files.createDirectory(directory().resolve("occupied"));
        Path link = Files.createSymbolicLink(directory().resolve("link"), occupied);
        try (Vm vm = vmm().start(newId(), new VmStart.Restore(saved), soon())) {
            refresh(vm);
            assertFault(() -> vm.checkpoint(occupied, soon()), Fault.STORAGE_FAILED);
            assertFault(() -> vm.checkpoint(occupied.resolve("missing/deeper"), soon()), Fault.STORAGE_FAILED);
            // A machine that is stopped already when its files turn out to be impossible.
            assertFault(() -> vm.checkpoint(link.resolve("checkpoint"), soon()), Fault.VMM_FAILED);
            assertThat(occupied).isEmptyDirectory();
            assertContinues(vm);
        }
        assertFault(() -> vmm().start(newId(), restore(saved, new Checkpoint(occupied)), soon()), Fault.VMM_FAILED);
    }

    @Test
    void machineRunsOnIfItsCheckpointIsInterrupted() {
        Path unfinished = directory().resolve("unfinished");
        try (Vm vm = vmm().start(newId(), new VmStart.Restore(saveTemplate()), soon())) {
            refresh(vm);
            vm.checkpoint(directory().resolve("first"), soon());
            vm.resume(soon());
            Thread.currentThread().interrupt();
            assertFault(() -> vm.checkpoint(unfinished, soon()), Fault.INTERRUPTED);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(unfinished).doesNotExist();
            assertContinues(vm);
        }
    }

    @Test
    void reportsEveryLayerOnce() {
        Vm vm = vmm().start(newId(), new VmStart.ColdBoot(files(), SandboxSize.SMALL), soon());
        try (vm) {
            assertThat(vm.layers()).extracting(LayerState::layer).containsExactly(Layer.values());
        }
        assertThat(vm.layers())
                .hasSameSizeAs(Layer.values())
                .noneMatch(state -> state.status() == LayerState.Status.LIVE);
    }

    @Test
    void closeIsIdempotent() {
        Vm vm = vmm().start(newId(), new VmStart.ColdBoot(files(), SandboxSize.SMALL), soon());
        vm.close();
        vm.close();
        assertThat(vm.id().value()).isNotEmpty();
    }

    private SavedVm saveTemplate() {
        try (Guest guest = boot(new VmStart.TemplateBoot(files(), SandboxSize.SMALL, directory()))) {
            guest.channel().prime(HELLO, soon());
            guest.channel().close();
            guest.vm().save(soon());
        }
        return new SavedVm(files(), SandboxSize.SMALL, directory());
    }

    private Guest boot() {
        return boot(new VmStart.ColdBoot(files(), SandboxSize.SMALL));
    }

    /** Boots a guest, which has answered then. One that ends while it boots is booted again, as {@link Boots} says. */
    private Guest boot(VmStart start) {
        for (int boot = 1; ; boot++) {
            Vm vm = vmm().start(newId(), start, soon());
            try {
                GuestChannel channel = vm.connect(soon());
                channel.hello(soon());
                return new Guest(vm, channel);
            } catch (NeuroVisorException exception) {
                String reason = VmDiagnosis.describe(vm, exception);
                boolean mayRepeat = boot < Boots.MAX && Boots.hasEnded(vm, exception);
                vm.close();
                if (!mayRepeat) {
                    throw new AssertionError(reason, exception);
                }
            }
        }
    }

    private static VmStart restore(SavedVm saved, Checkpoint checkpoint) {
        return new VmStart.Restore(saved, Optional.of(checkpoint));
    }

    /** Starts a machine, uses it, saves it and ends it. */
    private Checkpoint ended(VmStart start, String name, Consumer<Vm> use) {
        try (Vm vm = vmm().start(newId(), start, soon())) {
            use.accept(vm);
            return vm.checkpoint(directory().resolve(name), soon());
        }
    }

    private static void hello(Vm vm) {
        try (GuestChannel channel = connect(vm)) {
            channel.hello(soon());
        }
    }

    private void refresh(Vm vm) {
        try (GuestChannel channel = connect(vm)) {
            channel.refresh(GuestIdentity.fresh(random, "contract"), soon());
        }
    }

    /** Checks that a machine has the identity that it was given before it was saved. */
    private static void assertContinues(Vm vm) {
        try (GuestChannel channel = connect(vm)) {
            assertCompletes(channel);
        }
        assertThat(vm.death()).isEmpty();
    }

    private static void assertIsSpent(Vm vm) {
        try (GuestChannel channel = connect(vm)) {
            channel.hello(soon());
            assertFault(() -> execute(channel, new RecordingSink()), Fault.GUEST_REFUSED);
        }
    }

    /** Connects to the guest; a failure contains the console of the guest. */
    private static GuestChannel connect(Vm vm) {
        try {
            return vm.connect(soon());
        } catch (NeuroVisorException exception) {
            throw new AssertionError(VmDiagnosis.describe(vm, exception), exception);
        }
    }

    private void assertRuns(GuestChannel channel) {
        channel.refresh(GuestIdentity.fresh(random, "contract"), soon());
        assertCompletes(channel);
    }

    private static void assertCompletes(GuestChannel channel) {
        RecordingSink sink = new RecordingSink();
        ProgramExit exit = execute(channel, sink);
        assertThat(exit.outcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(exit.exitCode()).isZero();
        assertThat(sink.stdoutText()).contains("hello");
    }

    private static ProgramExit execute(GuestChannel channel, RecordingSink sink) {
        return channel.execute(
                HELLO, TIMEOUT, new TraceId(UUID.randomUUID()), sink, ResponseDeadline.after(TIMEOUT, Ticker.SYSTEM));
    }

    private static void assertFault(Runnable call, Fault... faults) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isIn((Object[]) faults));
    }

    private VmId newId() {
        return VmId.random(random);
    }

    /** Returns a deadline for the boot of a guest: seconds if emulated, minutes on a busy host. */
    private static Deadline soon() {
        return Deadline.after(Duration.ofMinutes(4), Ticker.SYSTEM);
    }

    /** A machine and the connection to its guest. */
    private record Guest(Vm vm, GuestChannel channel) implements AutoCloseable {
        @Override
        public void close() {
            channel.close();
            vm.close();
        }
    }
}

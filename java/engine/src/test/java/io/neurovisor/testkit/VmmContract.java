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
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.UUID;
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
        try (Vm vm = vmm().start(newId(), new VmStart.ColdBoot(files(), SandboxSize.SMALL), soon());
                GuestChannel channel = connect(vm)) {
            assertThat(channel.hello(soon()).vcpuCount()).isEqualTo(SandboxSize.SMALL.vcpuCount());
            assertRuns(channel);
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
        try (Vm vm = vmm().start(newId(), new VmStart.ColdBoot(files(), SandboxSize.SMALL), soon());
                GuestChannel channel = connect(vm)) {
            channel.hello(soon());
            assertFault(() -> execute(channel, new RecordingSink()), Fault.GUEST_REFUSED);
        }
    }

    @Tag("short")
    @Test
    void guestRefusesASecondExecution() {
        try (Vm vm = vmm().start(newId(), new VmStart.ColdBoot(files(), SandboxSize.SMALL), soon());
                GuestChannel channel = connect(vm)) {
            assertRuns(channel);
            assertFault(() -> execute(channel, new RecordingSink()), Fault.GUEST_REFUSED);
        }
    }

    @Test
    void restoringAnUnsavedMachineFailsWithAReason() throws IOException {
        Path empty = Files.createDirectory(directory().resolve("empty"));
        VmStart restore = new VmStart.Restore(new SavedVm(files(), SandboxSize.SMALL, empty));
        assertFault(() -> vmm().start(newId(), restore, soon()), Fault.VMM_FAILED);
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
        try (Vm vm = vmm().start(newId(), new VmStart.TemplateBoot(files(), SandboxSize.SMALL, directory()), soon())) {
            try (GuestChannel channel = connect(vm)) {
                channel.hello(soon());
                channel.prime(HELLO, soon());
            }
            vm.save(soon());
        }
        return new SavedVm(files(), SandboxSize.SMALL, directory());
    }

    /** Connects to the guest; a failure contains the console of the guest. */
    private static GuestChannel connect(Vm vm) {
        try {
            return vm.connect(soon());
        } catch (NeuroVisorException exception) {
            throw new AssertionError(
                    exception.getMessage() + "; its end: " + vm.death() + "; its console: " + vm.consoleTail(),
                    exception);
        }
    }

    private void assertRuns(GuestChannel channel) {
        channel.refresh(GuestIdentity.fresh(random, "contract"), soon());
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

    private static void assertFault(Runnable call, Fault fault) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(fault));
    }

    private VmId newId() {
        return VmId.random(random);
    }

    /** Returns a deadline for the boot of a guest: seconds if emulated, minutes on a busy host. */
    private static Deadline soon() {
        return Deadline.after(Duration.ofMinutes(4), Ticker.SYSTEM);
    }
}

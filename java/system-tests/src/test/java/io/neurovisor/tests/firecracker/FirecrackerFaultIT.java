package io.neurovisor.tests.firecracker;

import static io.neurovisor.tests.firecracker.FirecrackerMachines.assertNothingIsLeft;
import static io.neurovisor.tests.firecracker.FirecrackerMachines.newId;
import static io.neurovisor.tests.firecracker.FirecrackerMachines.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.ProgramRun;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.host.firecracker.FirecrackerProgram;
import io.neurovisor.testkit.RecordingSink;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.TestMachines;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that each fault of a real Firecracker is reported, ends its machine and leaves nothing behind. */
final class FirecrackerFaultIT {
    private static final Program HOLD = new Program(Language.BASH, "echo partial; read -t 100 < <(sleep 100)");
    private static final Program GREEDY =
            new Program(Language.BASH, "echo partial; head -c 150M /dev/zero | tail -c 149M | wc -c; sleep 100");
    private static final Path GROUPS = Path.of("/sys/fs/cgroup/neurovisor");

    @TempDir
    private static Path runtime;

    private static FirecrackerMachines machines;
    private static SavedVm saved;

    @BeforeAll
    static void start() {
        machines = FirecrackerMachines.startOrSkip(runtime);
        saved = machines.save(SandboxSize.SMALL);
    }

    @AfterAll
    static void stop() {
        if (machines != null) {
            machines.close();
        }
    }

    @AfterEach
    void verifyNoMachineIsLeft() {
        assertNothingIsLeft();
    }

    @Test
    void limitsTheWaitForTheApi() throws IOException {
        FirecrackerProgram real = TestMachines.firecrackerProgram();
        Path silent = Files.writeString(machines.newDirectory().resolve("jailer"), "#!/bin/sh\nexec sleep 1000\n");
        assertThat(silent.toFile().setExecutable(true, false)).isTrue();
        Vmm vmm = machines.vmm(
                new FirecrackerProgram(real.executable(), silent, real.version()),
                TestMachines.dataDirectory().resolve("jails"));
        assertThatThrownBy(() -> vmm.start(
                        newId(), new VmStart.Restore(saved), Deadline.after(Duration.ofSeconds(1), Ticker.SYSTEM)))
                .hasMessageContaining("Firecracker's API did not appear in time");
    }

    @Test
    void thirtyConcurrentClonesAnswer() {
        List<CompletableFuture<Machine>> starts = IntStream.range(0, 30)
                .mapToObj(_ -> CompletableFuture.supplyAsync(
                        () -> machines.factory().open(new VmStart.Restore(saved), soon()), Thread::startVirtualThread))
                .toList();
        try {
            assertThat(starts.stream().map(CompletableFuture::join).map(Machine::death))
                    .hasSize(30)
                    .containsOnly(Optional.empty());
        } finally {
            starts.parallelStream()
                    .filter(start -> !start.isCompletedExceptionally())
                    .map(CompletableFuture::join)
                    .forEach(Machine::close);
        }
    }

    @Test
    void reportsThatFirecrackerRejectedTheKernel() throws IOException {
        Path file = Files.writeString(machines.newDirectory().resolve("kernel"), "no kernel");
        assertRefused(new VmStart.ColdBoot(withKernel(file), SandboxSize.SMALL), "Firecracker refused PUT /actions");
    }

    @Test
    void reportsAMissingRootImage() {
        Path missing = machines.newDirectory().resolve("rootfs");
        assertRefused(new VmStart.ColdBoot(withRootfs(missing), SandboxSize.SMALL), missing.toString());
    }

    @Test
    void reportsAKernelPanicWithTheConsole() throws IOException {
        Path file = Files.writeString(machines.newDirectory().resolve("rootfs"), "nothing".repeat(1000));
        assertThatThrownBy(() ->
                        machines.factory().open(new VmStart.ColdBoot(withRootfs(file), SandboxSize.SMALL), soon()))
                .hasMessageContaining("Firecracker exited with code 0")
                .hasMessageContaining("cannot mount root disk");
    }

    @Test
    void rejectsATruncatedMemoryFile() throws IOException {
        SavedVm broken = copy();
        try (FileChannel memory = FileChannel.open(broken.directory().resolve("memory"), StandardOpenOption.WRITE)) {
            memory.truncate(memory.size() / 2);
        }
        assertRefused(new VmStart.Restore(broken), "Firecracker refused PUT /snapshot/load");
    }

    @Test
    void rejectsAStateOfAnotherVersion() throws IOException {
        SavedVm broken = copy();
        Files.write(broken.directory().resolve("state"), new byte[16_384]);
        assertRefused(new VmStart.Restore(broken), "Firecracker refused PUT /snapshot/load");
    }

    @Test
    void cloneSurvivesTheReplacementOfItsTemplate() throws IOException {
        SavedVm replaced = copy();
        try (Machine machine = machines.factory().open(new VmStart.Restore(replaced), soon())) {
            Files.delete(replaced.directory().resolve("memory"));
            ProgramRun run = run(machine, new Program(Language.BASH, "echo on"), new RecordingSink());
            assertThat(run.exit().outcome()).isEqualTo(Outcome.COMPLETED);
        }
        assertRefused(
                new VmStart.Restore(replaced),
                replaced.directory().resolve("memory").toString());
    }

    @Test
    void reportsAKilledFirecrackerWithPartialOutput() {
        RecordingSink sink = new RecordingSink();
        try (Machine machine = machines.factory().open(new VmStart.Restore(saved), soon())) {
            CompletableFuture<ProgramRun> run = inBackground(machine, HOLD, sink);
            awaitPartial(sink);
            vmmOf(machine.vmId()).destroyForcibly();
            assertThat(run.join().exit().outcome()).isEqualTo(Outcome.SANDBOX_DIED);
            assertThat(run.join().detail()).contains("Firecracker was killed by signal 9");
        }
        assertThat(sink.stdoutText()).isEqualTo("partial\n");
    }

    @Test
    void reportsFirecrackerOutOfMemory() {
        assumeTrue(Files.isDirectory(GROUPS), "cannot create control groups of version 2");
        RecordingSink sink = new RecordingSink();
        try (Machine machine = machines.factory().open(new VmStart.Restore(saved), soon())) {
            write(GROUPS.resolve(machine.vmId().value()).resolve("memory.max"), Long.toString(96 << 20));
            ProgramRun run = run(machine, GREEDY, sink);
            assertThat(run.detail()).contains("ran out of the memory of its control group");
            assertThat(run.exit().outcome()).isEqualTo(Outcome.OUT_OF_MEMORY);
        }
        assertThat(sink.stdoutText()).isEqualTo("partial\n");
    }

    @Test
    void reportsAFullDiskDuringSave() throws IOException {
        Path small = Files.createDirectory(runtime.resolve("small"));
        mount("mount", "-t", "tmpfs", "-o", "size=160M,mode=700", "small", small.toString());
        try {
            BootFiles files = machines.files();
            Path kernel = Files.copy(files.kernel(), small.resolve("kernel"));
            Path initrd = Files.copy(files.initrd(), small.resolve("initrd"));
            Path rootfs = Files.writeString(small.resolve("rootfs"), "nothing".repeat(1000));
            readable(kernel, initrd, rootfs);
            BootFiles tiny = new BootFiles("base", kernel, "", initrd, "", rootfs, "");
            Path jails = Files.createDirectory(small.resolve("jails"));
            VmStart start =
                    new VmStart.TemplateBoot(tiny, SandboxSize.SMALL, Files.createDirectory(small.resolve("template")));
            Vmm vmm = machines.vmm(TestMachines.firecrackerProgram(), jails);
            // The guest has no root image, but it is saved before it would mount one.
            try (Vm vm = vmm.start(newId(), start, soon())) {
                assertThatThrownBy(() -> vm.save(soon()))
                        .hasMessageContaining("Firecracker refused PUT /snapshot/create")
                        .hasMessageContaining("No space left on device");
            }
            assertThat(jails).isEmptyDirectory();
        } finally {
            mount("umount", small.toString());
        }
    }

    private static CompletableFuture<ProgramRun> inBackground(Machine machine, Program program, RecordingSink sink) {
        return CompletableFuture.supplyAsync(() -> run(machine, program, sink), Thread::startVirtualThread);
    }

    private static ProgramRun run(Machine machine, Program program, RecordingSink sink) {
        return machine.run(program, Duration.ofSeconds(60), new TraceId(UUID.randomUUID()), sink);
    }

    private static void awaitPartial(RecordingSink sink) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> sink.stdoutText().equals("partial\n"));
    }

    private static ProcessHandle vmmOf(VmId id) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains("firecracker") && line.contains("--id " + id))
                        .isPresent())
                .findFirst()
                .orElseThrow();
    }

    private static void assertRefused(VmStart start, String words) {
        assertThatThrownBy(() -> machines.vmm().start(newId(), start, soon()))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.VMM_FAILED))
                .hasMessageContaining(words);
    }

    private static SavedVm copy() throws IOException {
        Path directory = machines.newDirectory();
        for (String file : new String[] {"memory", "state"}) {
            Path copy = directory.resolve(file);
            Files.copy(saved.directory().resolve(file), copy, StandardCopyOption.REPLACE_EXISTING);
            assertThat(copy.toFile().setWritable(true)).isTrue();
            readable(copy);
        }
        return new SavedVm(saved.files(), saved.size(), directory);
    }

    private static BootFiles withKernel(Path kernel) {
        readable(kernel);
        BootFiles files = machines.files();
        return new BootFiles("base", kernel, "", files.initrd(), "", files.rootfs(), "");
    }

    private static BootFiles withRootfs(Path rootfs) {
        if (Files.exists(rootfs)) {
            readable(rootfs);
        }
        BootFiles files = machines.files();
        return new BootFiles("base", files.kernel(), "", files.initrd(), "", rootfs, "");
    }

    private static void readable(Path... files) {
        for (Path file : files) {
            assertThat(file.toFile().setReadable(true, false)).isTrue();
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static void mount(String... command) {
        assertThat(HostCommand.run(List.of(command)).exitCode()).isZero();
    }
}

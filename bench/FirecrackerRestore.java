import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.ProductVersion;
import io.neurovisor.server.Settings;
import io.neurovisor.server.VmmSelection;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.server.trace.TraceIds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The product as a contender of {@code firecracker.py}, which writes a line to stdin for each turn: first {@code restore} and
 * {@code checkpoint}, then {@code fresh} and {@code warm}. Each turn prints a line with milliseconds; {@code warm} also prints the
 * mebibytes of the VMM.
 * Before the first turn it prints a line each for the version, the VMM, the template and the root image.
 *
 * <p>{@code java -cp ... bench/FirecrackerRestore.java HOME SIZE}
 */
final class FirecrackerRestore {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    /** The same rest as in {@code ./neurovisor bench}: an idle machine is slower than one that has just been primed. */
    private static final Duration REST = Duration.ofSeconds(1);

    private static final Program PRIMER = new Program(Language.PYTHON, "print(6 * 7)");
    private static final Program PROGRAM = new Program(Language.PYTHON, "print(6*7)");

    private interface Attempt {
        String run() throws InterruptedException;
    }

    public static void main(String[] arguments) throws Exception {
        SandboxSize size = SandboxSize.named(arguments[1]);
        // Without warm machines, nothing but the measured work runs in the background.
        Map<String, String> flags = Map.of("vmm", "firecracker", "size", arguments[1], "warm", "0");
        Settings settings = new Settings(
                Path.of(arguments[0]),
                LoadedConfig.load(flags, Optional.empty(), ProcessEnvironment.current())
                        .config());
        String turn = restores(settings, start(settings, size));
        try (NeuroVisor neuroVisor = NeuroVisor.open(settings, Progress.SILENT)) {
            // Checks the files of the template once, as a daemon does.
            MachineKind kind = neuroVisor.prepare(size);
            while (turn != null) {
                boolean primed = turn.equals("warm");
                answer(() -> primed ? warm(neuroVisor, kind) : fresh(neuroVisor, kind));
                turn = IO.readln();
            }
        }
    }

    private static VmStart.Restore start(Settings settings, SandboxSize size) {
        try (NeuroVisor neuroVisor = NeuroVisor.open(settings, Progress.SILENT);
                Lease lease = neuroVisor.pool().lease(neuroVisor.prepare(size))) {
            if (!(lease.machine().start() instanceof VmStart.Restore restore)) {
                throw new IllegalStateException("the machine is no clone");
            }
            System.out.println(ProductVersion.current());
            System.out.println(neuroVisor.vmm().name() + " " + neuroVisor.vmm().version());
            System.out.println(restore.saved().directory());
            System.out.println(restore.files().rootfs());
            return restore;
        }
    }

    /** Returns the next turn after the restores and checkpoints, or null at the end of the input. */
    private static String restores(Settings settings, VmStart.Restore start) throws Exception {
        Path runtime = Files.createTempDirectory("nv");
        String turn;
        try (Spawner spawner = Spawner.start(settings.spawnerProgram(), runtime.resolve("run"));
                GuestLinks links = new GuestLinks(InstantSource.system())) {
            Vmm vmm = new VmmSelection(settings, spawner, links).select(start.files()).vmm();
            while ("restore".equals(turn = IO.readln()) || "checkpoint".equals(turn)) {
                boolean saved = turn.equals("checkpoint");
                answer(() -> saved ? checkpoint(vmm, start) : restore(vmm, start));
            }
        }
        Files.delete(runtime);
        return turn;
    }

    private static void answer(Attempt attempt) throws InterruptedException {
        String line = "failed";
        try {
            line = attempt.run();
        } catch (NeuroVisorException exception) {
            System.err.println(exception.getMessage());
        }
        System.out.println(line);
    }

    /** Returns the time until the VMM has loaded the saved machine, and the time until the guest agent answers. */
    private static String restore(Vmm vmm, VmStart start) {
        Deadline deadline = Deadline.after(PATIENCE, Ticker.SYSTEM);
        long began = System.nanoTime();
        try (Vm vm = vmm.start(VmId.random(new SecureRandom()), start, deadline)) {
            String loaded = since(began);
            try (GuestChannel _ = vm.connect(deadline)) {
                return loaded + " " + since(began);
            }
        }
    }

    /** Returns the time of a checkpoint of a clone that has answered, and the time until a machine restored from it answers. */
    private static String checkpoint(Vmm vmm, VmStart.Restore start) {
        Deadline deadline = Deadline.after(PATIENCE, Ticker.SYSTEM);
        // In the file system of the template, as the checkpoints of a daemon.
        Path directory = start.saved().directory().resolveSibling(".checkpoint-" + ProcessHandle.current().pid());
        String saved;
        Checkpoint checkpoint;
        try (Vm vm = vmm.start(VmId.random(new SecureRandom()), start, deadline)) {
            vm.connect(deadline).close();
            long began = System.nanoTime();
            checkpoint = vm.checkpoint(directory, deadline);
            saved = since(began);
        }
        try {
            String restored = restore(vmm, new VmStart.Restore(start.saved(), Optional.of(checkpoint)));
            return saved + " " + restored.substring(restored.indexOf(' ') + 1);
        } finally {
            PrivateFiles.delete(directory);
        }
    }

    /** Returns the time from the request for a machine to the end of its first program. */
    private static String fresh(NeuroVisor neuroVisor, MachineKind kind) {
        long began = System.nanoTime();
        try (Lease lease = neuroVisor.pool().lease(kind)) {
            run(lease);
            return since(began);
        }
    }

    /** Returns the time of a program in a primed machine that was idle, and the memory of the machine. */
    private static String warm(NeuroVisor neuroVisor, MachineKind kind) throws InterruptedException {
        try (Lease lease = neuroVisor.pool().lease(kind)) {
            lease.machine().prime(PRIMER, Deadline.after(PATIENCE, Ticker.SYSTEM));
            Thread.sleep(REST);
            long began = System.nanoTime();
            run(lease);
            return since(began) + " " + mebibytes();
        }
    }

    private static void run(Lease lease) {
        Output output = new Output();
        lease.machine().run(PROGRAM, PATIENCE, TraceIds.next(), output);
        if (!output.text.toString().equals("42\n")) {
            throw new IllegalStateException("the answer is " + output.text);
        }
    }

    /** Returns the proportional set size of the only Firecracker process (proc(5), smaps_rollup). */
    private static double mebibytes() {
        try (Stream<ProcessHandle> processes = ProcessHandle.allProcesses()) {
            long process = processes
                    .filter(one -> one.info().command().orElse("").endsWith("/firecracker"))
                    .findAny()
                    .orElseThrow()
                    .pid();
            return Files.readAllLines(Path.of("/proc/" + process + "/smaps_rollup")).stream()
                            .filter(line -> line.startsWith("Pss:"))
                            .mapToLong(line -> Long.parseLong(line.split("\\s+")[1]))
                            .sum()
                    / 1024.0;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String since(long beganNanos) {
        return Double.toString((System.nanoTime() - beganNanos) / 1e6);
    }

    private static final class Output implements OutputSink {
        private final StringBuilder text = new StringBuilder();

        @Override
        public void stdout(ByteBuffer bytes) {
            text.append(StandardCharsets.UTF_8.decode(bytes.duplicate()));
        }

        @Override
        public void stderr(ByteBuffer bytes) {
            stdout(bytes);
        }

        @Override
        public void file(String path, ByteBuffer part, boolean last) {
            throw new IllegalStateException("a file: " + path);
        }
    }
}

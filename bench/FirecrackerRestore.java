import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.Settings;
import io.neurovisor.server.VmmSelection;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.config.Surroundings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * What a clone costs through the driver: the median, in milliseconds, from the request for a machine to the guest agent's
 * answer, in a JVM that has done it before. First the template and the root image, for the bare sequence.
 *
 * <p>{@code java -cp ... bench/FirecrackerRestore.java HOME SIZE COUNT}
 */
final class FirecrackerRestore {
    private static final int REHEARSALS = 40;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    public static void main(String[] arguments) throws Exception {
        Settings settings = new Settings(
                Path.of(arguments[0]),
                LoadedConfig.load(Map.of("vmm", "firecracker"), Optional.empty(), Surroundings.ofThisProcess())
                        .config());
        VmStart start = template(settings, SandboxSize.named(arguments[1]));
        if (start instanceof VmStart.Restore restore) {
            System.out.println(restore.saved().directory());
            System.out.println(start.files().rootfs());
        }
        double[] milliseconds = new double[Integer.parseInt(arguments[2])];
        Path runtime = Files.createTempDirectory("nv");
        try (Spawner spawner = Spawner.start(settings.spawnerProgram(), runtime.resolve("run"));
                GuestLinks links = new GuestLinks(InstantSource.system())) {
            Vmm vmm = new VmmSelection(settings, spawner, links).select(start.files()).vmm();
            for (int run = -REHEARSALS; run < milliseconds.length; run++) {
                double taken = milliseconds(vmm, start);
                if (run >= 0) {
                    milliseconds[run] = taken;
                }
            }
        }
        Files.delete(runtime);
        Arrays.sort(milliseconds);
        System.out.printf("%.1f%n", milliseconds[milliseconds.length / 2]);
    }

    private static VmStart template(Settings settings, SandboxSize size) {
        try (NeuroVisor neuroVisor = NeuroVisor.open(settings, Progress.SILENT);
                Lease lease = neuroVisor.pool().lease(neuroVisor.prepare(size))) {
            return lease.sandbox().start();
        }
    }

    private static double milliseconds(Vmm vmm, VmStart start) {
        Deadline deadline = Deadline.after(PATIENCE, Ticker.SYSTEM);
        long startNanos = System.nanoTime();
        try (Vm vm = vmm.start(VmId.random(new SecureRandom()), start, deadline);
                GuestChannel channel = vm.connect(deadline)) {
            return (System.nanoTime() - startNanos) / 1e6;
        }
    }
}

package io.neurovisor.host.kvm;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.host.probe.HostCpu;
import io.neurovisor.host.probe.ProbeCache;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * Finds out whether KVM runs our guests by booting one. Opening {@code /dev/kvm} proves little: on some hosts its
 * virtual machines never get through early boot.
 */
public final class KvmProbe {
    private static final Path DEVICE = Path.of("/dev/kvm");

    /** A guest under KVM answers within one or two seconds; after this time emulation is used. */
    public static final Duration BOOT_TIMEOUT = Duration.ofSeconds(15);

    /** For a busy host that emulates the processor on which KVM runs. */
    public static final Duration LAB_BOOT_TIMEOUT = Duration.ofSeconds(90);

    private final ProbeCache cache;
    private final Function<Accelerator, Vmm> vmms;
    private final RandomGenerator random;
    private final Ticker ticker;
    private final Duration bootTimeout;

    /** @param bootTimeout the longest time that a guest may take to boot */
    public KvmProbe(
            ProbeCache cache,
            Function<Accelerator, Vmm> vmms,
            RandomGenerator random,
            Ticker ticker,
            Duration bootTimeout) {
        this.cache = cache;
        this.vmms = vmms;
        this.random = random;
        this.ticker = ticker;
        this.bootTimeout = bootTimeout;
    }

    /** Returns KVM if it boots {@code files}, otherwise emulation with the reason. The result is cached. */
    public Accelerator accelerator(BootFiles files) {
        if (!Files.exists(DEVICE)) {
            return Accelerator.emulation(DEVICE + " does not exist");
        }
        if (!Files.isReadable(DEVICE) || !Files.isWritable(DEVICE)) {
            return Accelerator.emulation(DEVICE + " is not accessible; add this user to the group kvm");
        }
        Vmm vmm = vmms.apply(Accelerator.KVM);
        String key = "kvm / " + HostCpu.describe() + " / " + vmm.identity() + " / " + files.kernelDigest();
        Optional<String> known = cache.get(key);
        String reason = known.orElseGet(() -> bootFailure(vmm, files));
        if (known.isEmpty()) {
            cache.put(key, reason);
        }
        return reason.isEmpty() ? Accelerator.KVM : Accelerator.emulation(reason);
    }

    /** Returns why no guest boots; empty if one does. */
    private String bootFailure(Vmm vmm, BootFiles files) {
        Deadline deadline = Deadline.after(bootTimeout, ticker);
        try (Vm vm = vmm.start(VmId.random(random), new VmStart.ColdBoot(files, SandboxSize.SMALL), deadline);
                GuestChannel channel = vm.connect(deadline)) {
            channel.hello(deadline);
            return "";
        } catch (NeuroVisorException exception) {
            return switch (exception.fault()) {
                case GUEST_SILENT ->
                    DEVICE + " opens, yet a guest does not boot with it within " + bootTimeout.toSeconds() + " s";
                case VMM_FAILED, SANDBOX_LOST -> DEVICE + " opens, yet no guest runs with it: " + firstWords(exception);
                default -> throw exception;
            };
        }
    }

    /** Returns the first line of the VMM's message, because it is printed at every start. */
    private static String firstWords(NeuroVisorException exception) {
        String message = String.valueOf(exception.getMessage());
        int lineEnd = message.indexOf(" | ");
        return lineEnd < 0 ? message : message.substring(0, lineEnd);
    }
}

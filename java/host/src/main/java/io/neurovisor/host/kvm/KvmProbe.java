package io.neurovisor.host.kvm;

import io.neurovisor.engine.fault.Fault;
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
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.ProbeCache;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * Finds out whether KVM runs our guests by booting one. Opening {@code /dev/kvm} proves little: on some hosts its
 * virtual machines never get through early boot. Only an answer that cannot come from a slow moment is kept, until this
 * host boots again.
 *
 * @param files where the device and the id of this boot are read
 */
public record KvmProbe(
        ProbeCache cache,
        Function<Accelerator, Vmm> vmms,
        HostFiles files,
        RandomGenerator random,
        Ticker ticker,
        Patience patience) {
    private static final String DEVICE = "/dev/kvm";
    private static final String KEYS = "kvm / ";

    /** How long a guest may take to boot before it is given up. */
    public enum Patience {
        /** A guest under KVM answers within two seconds, of which it computes for less than one. */
        USUAL(Duration.ofSeconds(5), 9, Duration.ofSeconds(5)),
        /** For a busy host that emulates the processor on which KVM runs, where no processor time proves a failure. */
        LAB(Duration.ofSeconds(90), 1, Duration.ofDays(1));

        private final Duration look;
        private final int looks;
        private final Duration computed;

        /**
         * @param look how long to wait before the guest's processor time is looked at
         * @param computed the processor time after which a silent guest is not merely late
         */
        Patience(Duration look, int looks, Duration computed) {
            this.look = look;
            this.looks = looks;
            this.computed = computed;
        }

        private Duration limit() {
            return look.multipliedBy(looks);
        }
    }

    /** Discards what was found out, so that it is found out again. */
    public static void forget(ProbeCache cache) {
        cache.forget(KEYS);
    }

    /** Returns whether this user may use the device. */
    public static boolean isOpen(HostFiles files) {
        Path device = files.path(DEVICE);
        return Files.isReadable(device) && Files.isWritable(device);
    }

    /** Returns KVM if it boots a guest from the files, otherwise emulation with the reason. */
    public Accelerator accelerator(BootFiles boot) {
        if (!files.exists(DEVICE)) {
            return Accelerator.emulation(DEVICE + " does not exist");
        }
        if (!isOpen(files)) {
            return Accelerator.emulation(DEVICE + " is closed to this user");
        }
        Vmm vmm = vmms.apply(Accelerator.KVM);
        String key = KEYS + HostCpu.describe() + " / " + vmm.identity() + " / " + boot.kernelDigest();
        String thisBoot = files.text("/proc/sys/kernel/random/boot_id").orElse("") + " ";
        return cache.get(key)
                .filter(answer -> answer.startsWith(thisBoot))
                .map(answer -> answer.substring(thisBoot.length()))
                .map(reason -> reason.isEmpty() ? Accelerator.KVM : Accelerator.emulation(reason))
                .orElseGet(() -> {
                    Accelerator found = boot(vmm, boot);
                    if (found.isProven()) {
                        cache.put(key, thisBoot + found.reason());
                    }
                    return found;
                });
    }

    private Accelerator boot(Vmm vmm, BootFiles boot) {
        Deadline deadline = Deadline.after(patience.limit(), ticker);
        try (Vm vm = vmm.start(VmId.random(random), new VmStart.ColdBoot(boot, SandboxSize.SMALL), deadline);
                Guest guest = new Guest(vm)) {
            for (int look = 0; look < patience.looks; look++) {
                if (guest.answers(Deadline.after(patience.look, ticker))) {
                    return Accelerator.KVM;
                }
                Duration computed = vm.processorTime();
                if (computed.compareTo(patience.computed) >= 0) {
                    return Accelerator.emulation("a guest with " + DEVICE + " has used " + computed.toSeconds()
                            + " s of processor time and has not booted");
                }
            }
            return late();
        } catch (NeuroVisorException exception) {
            return failed(exception, deadline);
        }
    }

    private Accelerator failed(NeuroVisorException exception, Deadline deadline) {
        return switch (exception.fault()) {
            case GUEST_SILENT -> late();
            case VMM_FAILED, SANDBOX_LOST ->
                deadline.hasPassed()
                        ? late()
                        : Accelerator.emulation("no guest runs with " + DEVICE + ": " + firstWords(exception));
            default -> throw exception;
        };
    }

    private Accelerator late() {
        return Accelerator.emulationForNow("no guest has booted with " + DEVICE + " within "
                + patience.limit().toSeconds() + " s, perhaps because this host was busy; the next start tries again");
    }

    /** Returns the first line of the VMM's message. */
    private static String firstWords(NeuroVisorException exception) {
        String message = String.valueOf(exception.getMessage());
        int lineEnd = message.indexOf(" | ");
        return lineEnd < 0 ? message : message.substring(0, lineEnd);
    }

    /** A guest that is asked several times, over one channel: an agent that has just started must find one caller. */
    private static final class Guest implements AutoCloseable {
        private final Vm vm;
        private Optional<GuestChannel> channel = Optional.empty();

        Guest(Vm vm) {
            this.vm = vm;
        }

        boolean answers(Deadline deadline) {
            try {
                if (channel.isEmpty()) {
                    channel = Optional.of(vm.connect(deadline));
                }
                channel.get().hello(deadline);
                return true;
            } catch (NeuroVisorException exception) {
                if (exception.fault() != Fault.GUEST_SILENT) {
                    throw exception;
                }
                return false;
            }
        }

        @Override
        public void close() {
            channel.ifPresent(GuestChannel::close);
        }
    }
}

package io.neurovisor.server.doctor;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.FaultKind;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.doctor.Finding;
import io.neurovisor.host.kvm.Accelerator;
import io.neurovisor.host.kvm.KvmProbe;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.VmmLayers;
import io.neurovisor.server.InstalledComponents;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.Settings;
import io.neurovisor.server.VmmSelection;
import io.neurovisor.server.config.Config;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts a machine as {@code run} does and examines it. Builds no image, because that takes minutes and the network.
 */
final class MachineExamination {
    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final String NAME = "sandbox";
    private static final String KVM = "kvm";
    private static final String KVM_FIX =
            "use a machine, or an instance with nested virtualization, on which KVM runs guests";
    static final String AGAIN = "run doctor again when this host is less busy";
    private static final String SETUP = "./neurovisor setup";

    private final Settings settings;
    private final InstantSource clock;
    private final Ticker ticker;
    private final List<Finding> findings = new ArrayList<>();
    private long machineBytes;

    MachineExamination(Settings settings, InstantSource clock, Ticker ticker) {
        this.settings = settings;
        this.clock = clock;
        this.ticker = ticker;
        this.machineBytes = (long) settings.config().guest().size().memoryMebibytes() << 20;
    }

    /** Returns the layers of the started machine, or unread layers if none could be started. */
    List<LayerState> layers(Progress progress) {
        try {
            if (InstalledComponents.images(settings)
                    .built(settings.config().guest().image())
                    .isEmpty()) {
                String image = settings.config().guest().image();
                return unread(Finding.unknown(
                        NAME,
                        "not started, because image " + image + " is not built",
                        "./neurovisor image build " + image));
            }
            VmmSelection.probeAgain(settings);
            return started(progress);
        } catch (NeuroVisorException exception) {
            if (exception.fault() == Fault.INTERRUPTED || exception.fault() == Fault.IMAGE_UNKNOWN) {
                throw exception;
            }
            String detail = "no virtual machine was started: " + exception.getMessage();
            return unread(
                    mayPass(exception)
                            ? Finding.unknown(NAME, detail, AGAIN)
                            : Finding.fail(NAME, detail, exception.fault() == Fault.VMM_MISSING ? SETUP : ""));
        }
    }

    /** Returns whether a guest or this host was only busy, which says nothing about the layers. */
    static boolean mayPass(NeuroVisorException exception) {
        for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
            if (cause instanceof NeuroVisorException failure
                    && (failure.fault() == Fault.GUEST_SILENT || failure.fault().kind() == FaultKind.CAPACITY)) {
                return true;
            }
        }
        return false;
    }

    List<Finding> findings() {
        return List.copyOf(findings);
    }

    /** Returns the most memory that a machine can use; without a VMM, its guest's memory alone. */
    long machineBytes() {
        return machineBytes;
    }

    private List<LayerState> started(Progress progress) {
        Config config = settings.config();
        try (NeuroVisor neuroVisor = NeuroVisor.open(settings, progress)) {
            machineBytes = neuroVisor.pool().room().limitBytes();
            kvm(neuroVisor.accelerator());
            findings.add(Finding.pass("vmm", neuroVisor.vmm() + ": " + neuroVisor.vmmReason()));
            MachineKind kind = neuroVisor.prepare(config.guest().size());
            long startNanos = ticker.nanos();
            try (Lease lease = neuroVisor.pool().lease(kind, Deadline.after(START_LIMIT, ticker))) {
                Machine machine = lease.machine();
                findings.add(Finding.pass(
                        NAME,
                        "%s started a machine of size %s in %d ms"
                                .formatted(
                                        neuroVisor.vmm(),
                                        config.guest().size().label(),
                                        Duration.ofNanos(ticker.nanos() - startNanos)
                                                .toMillis())));
                List<LayerState> layers = machine.layers();
                findings.add(new GuestClock(clock).examine(machine));
                return layers;
            }
        }
    }

    private void kvm(Accelerator accelerator) {
        String detail = "guests are emulated, which is slow and not a security boundary: " + accelerator.reason();
        if (accelerator.isKvm()) {
            findings.add(Finding.pass(KVM, "boots guests"));
        } else if (accelerator.isProven()) {
            findings.add(Finding.warn(KVM, detail, KvmProbe.isOpen(HostFiles.SYSTEM) ? KVM_FIX : "see kvm-device"));
        } else {
            findings.add(Finding.unknown(KVM, detail, AGAIN));
        }
        findings.add(cores(settings.config().guest().size(), !accelerator.isKvm()));
    }

    /** Checks whether a guest has more processors than the host that emulates them. */
    private static Finding cores(SandboxSize size, boolean emulated) {
        int coreCount = Runtime.getRuntime().availableProcessors();
        String detail = coreCount + " here, " + size.vcpuCount() + " in a guest of size " + size.label();
        return size.vcpuCount() <= coreCount
                ? Finding.pass("cores", detail)
                : Finding.warn(
                        "cores",
                        detail + (emulated ? ": emulated ones are slow because they wait for each other" : ""),
                        "choose a smaller --size");
    }

    private List<LayerState> unread(Finding machine) {
        findings.add(machine);
        return VmmLayers.unread("see the check " + NAME, settings.ebpf());
    }
}

package io.neurovisor.host.probe;

import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.vm.VmUsage;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Reads the layers off a running VMM process. What cannot be read counts as missing. Fast enough for every machine: it
 * reads a few dozen small files of the kernel.
 */
public final class VmmLayers {
    /** The fix for a layer that should be in force on any host. */
    static final String DEFECT = "this is a defect: please report it with what doctor --json prints";

    private final HostFiles files;
    private final VmmConfinement confinement;
    private final String noKvm;
    private final EbpfReading ebpf;
    private final SeccompReading seccomp;

    /**
     * Creates the reader. Must be called before this process installs its own filters, because VMMs inherit only those
     * that exist now.
     *
     * @param confinement the confinement in which the VMM was started
     * @param noKvm why guests are emulated; empty under KVM
     * @param ebpf the expected eBPF policy
     */
    public VmmLayers(HostFiles files, VmmConfinement confinement, String noKvm, EbpfReading ebpf) {
        this.files = files;
        this.confinement = confinement;
        this.noKvm = noKvm;
        this.ebpf = ebpf;
        this.seccomp = new SeccompReading(
                confinement.filters(),
                LiveProcess.self(files).status().seccompFilters().orElse(0));
    }

    /**
     * Returns the state of each layer in order.
     *
     * @param privileged reads what needs more privileges than this process has
     * @param cgroupProblem why the spawner has not made a control group; empty if it has
     * @param rateLimit the state of the guest's rate limit, which cannot be read off a process
     */
    public List<LayerState> read(
            long pid, Supplier<PrivilegedReading> privileged, String cgroupProblem, LayerState rateLimit) {
        LiveProcess process = LiveProcess.of(files, pid);
        List<ThreadStatus> threads = process.threads();
        if (threads.isEmpty()) {
            return unread("VMM process " + pid + " has ended");
        }
        PrivilegedReading confined = privileged.get();
        return List.of(
                capabilities(threads),
                seccomp(threads),
                new CgroupReading(files).read(process, cgroupProblem),
                rateLimit,
                ebpf.read(confined.policy()),
                isolation(process, confined));
    }

    /**
     * Returns the first layer of confinement that is not in force: only what must be verified before a guest runs.
     *
     * @param privileged as for {@link #read}
     */
    public Optional<LayerState> unconfined(long pid, Supplier<PrivilegedReading> privileged) {
        LiveProcess process = LiveProcess.of(files, pid);
        List<ThreadStatus> threads = process.threads();
        if (threads.isEmpty()) {
            return Optional.of(unread(Layer.VM_ISOLATION, "VMM process " + pid + " has ended"));
        }
        return broken(Stream.of(() -> capabilities(threads), () -> seccomp(threads)))
                .or(() -> {
                    // Asked last and once, because another process answers.
                    PrivilegedReading confined = privileged.get();
                    return broken(Stream.of(() -> ebpf.read(confined.policy()), () -> isolation(process, confined)));
                });
    }

    private static Optional<LayerState> broken(Stream<Supplier<LayerState>> readings) {
        return readings.map(Supplier::get)
                .filter(state -> state.status() == LayerState.Status.BROKEN)
                .findFirst();
    }

    /** Returns the counters of the process's control group; empty if it has none or is gone. */
    public Optional<VmUsage> usage(long pid) {
        return new CgroupReading(files).usage(LiveProcess.of(files, pid));
    }

    /** Returns the memory that only this process uses; 0 if it is gone. */
    public long residentBytes(long pid) {
        return LiveProcess.of(files, pid).residentBytes();
    }

    private LayerState capabilities(List<ThreadStatus> threads) {
        return new CapabilitiesReading(LiveProcess.self(files).status().uid(), confinement).read(threads);
    }

    private LayerState seccomp(List<ThreadStatus> threads) {
        return seccomp.read(threads);
    }

    private LayerState isolation(LiveProcess process, PrivilegedReading confined) {
        return new IsolationReading(noKvm, confinement).read(process, confined.namespaces());
    }

    /** Returns the states when there is no process to read. */
    public List<LayerState> unread(String reason) {
        return unread(reason, ebpf);
    }

    /** Returns the states when there is not even a VMM. */
    public static List<LayerState> unread(String reason, EbpfReading ebpf) {
        return List.of(
                unread(Layer.CAPABILITIES, reason),
                unread(Layer.SECCOMP, reason),
                unread(Layer.CGROUP, reason),
                unread(Layer.RATE_LIMITING, reason),
                ebpf.unread(reason),
                unread(Layer.VM_ISOLATION, reason));
    }

    private static LayerState unread(Layer layer, String reason) {
        return LayerState.unknown(layer, "not read: " + reason);
    }
}

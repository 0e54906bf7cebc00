package io.neurovisor.host.probe;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.vm.VmUsage;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Reads the layers off a living VMM process. What cannot be read counts as not there. Quick enough for every sandbox: a few
 * dozen small files of the kernel's.
 */
public final class VmmLayers {
    /** Of a layer that should be there whatever the machine. */
    static final String DEFECT = "this is a defect: please report it with what doctor --json prints";

    private final HostFiles files;
    private final VmmConfinement confinement;
    private final String noKvm;
    private final EbpfReading ebpf;
    private final SeccompReading seccomp;

    /**
     * What is to be found. To be made before this process gives itself filters of its own: VMMs inherit those that it has been
     * started with.
     *
     * @param confinement what the VMM was started in
     * @param noKvm why guests are emulated; empty under KVM
     * @param ebpf whether and how the kernel is to watch the VMM
     */
    public VmmLayers(HostFiles files, VmmConfinement confinement, String noKvm, EbpfReading ebpf) {
        this.files = requireNonNull(files, "files is null");
        this.confinement = requireNonNull(confinement, "confinement is null");
        this.noKvm = requireNonNull(noKvm, "noKvm is null");
        this.ebpf = requireNonNull(ebpf, "ebpf is null");
        this.seccomp = new SeccompReading(
                confinement.filters(),
                LiveProcess.self(files).status().seccompFilters().orElse(0));
    }

    /**
     * Each layer once, in order.
     *
     * @param told asks whoever may look
     * @param cgroupProblem why the spawner has made no control group; empty when it has
     * @param bucket the guest's rate limiting, which no process shows
     */
    public List<LayerState> read(long pid, Supplier<PrivilegedReading> told, String cgroupProblem, LayerState bucket) {
        LiveProcess process = LiveProcess.of(files, pid);
        List<ThreadStatus> threads = process.threads();
        if (threads.isEmpty()) {
            return unread("VMM process " + pid + " has ended");
        }
        PrivilegedReading confined = told.get();
        return List.of(
                capabilities(threads),
                seccomp(threads),
                new CgroupReading(files).read(process, cgroupProblem),
                bucket,
                ebpf.read(confined.policy()),
                isolation(process, confined));
    }

    /**
     * The first of those that keep a VMM in, if one is not at work: what must be known before a guest runs, and no more.
     *
     * @param told as for {@link #read}
     */
    public Optional<LayerState> unconfined(long pid, Supplier<PrivilegedReading> told) {
        LiveProcess process = LiveProcess.of(files, pid);
        List<ThreadStatus> threads = process.threads();
        if (threads.isEmpty()) {
            return Optional.of(unread(Layer.VM_ISOLATION, "VMM process " + pid + " has ended"));
        }
        return broken(Stream.of(() -> capabilities(threads), () -> seccomp(threads)))
                .or(() -> {
                    // Asked last, and once: it is another process that answers.
                    PrivilegedReading confined = told.get();
                    return broken(Stream.of(() -> ebpf.read(confined.policy()), () -> isolation(process, confined)));
                });
    }

    private static Optional<LayerState> broken(Stream<Supplier<LayerState>> readings) {
        return readings.map(Supplier::get)
                .filter(state -> state.status() == LayerState.Status.BROKEN)
                .findFirst();
    }

    /** What the process's control group has counted; empty where it has none or is gone. */
    public Optional<VmUsage> usage(long pid) {
        return new CgroupReading(files).usage(LiveProcess.of(files, pid));
    }

    /** What the process has of the host's memory to itself; 0 when it is gone. */
    public long residentBytes(long pid) {
        return LiveProcess.of(files, pid).residentBytes();
    }

    private LayerState capabilities(List<ThreadStatus> threads) {
        return new CapabilitiesReading(LiveProcess.self(files).status().uid(), confinement).read(threads);
    }

    private LayerState seccomp(List<ThreadStatus> threads) {
        return seccomp.read(threads);
    }

    private LayerState isolation(LiveProcess process, PrivilegedReading told) {
        return new IsolationReading(noKvm, confinement).read(process, told.namespaces());
    }

    /** When there is no process to read from. */
    public List<LayerState> unread(String reason) {
        return unread(reason, ebpf);
    }

    /** When there is not even a VMM. */
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
        return LayerState.broken(layer, "not read: " + reason, "");
    }
}

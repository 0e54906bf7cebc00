package io.neurovisor.host.probe;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import java.util.Optional;

/**
 * Layer 5: what the kernel holds against a VMM by our eBPF programs.
 *
 * @param reason why they do not watch; empty where they do
 * @param fix what would make them; empty when nothing here can
 */
public record EbpfReading(String reason, String fix) {
    /** Where the programs are at work. */
    public static final EbpfReading WATCHING = new EbpfReading("", "");

    public EbpfReading {
        requireNonNull(reason, "reason is null");
        requireNonNull(fix, "fix is null");
    }

    /** Whether the programs are at work. */
    public boolean watches() {
        return reason.isEmpty();
    }

    LayerState read(Optional<EbpfPolicyState> held) {
        if (!watches()) {
            return LayerState.off(Layer.EBPF_LSM, reason, fix);
        }
        if (held.isEmpty()) {
            return broken("the kernel holds no policy against this VMM");
        }
        EbpfPolicyState policy = held.get();
        if (!policy.problem().isEmpty()) {
            return broken(policy.problem());
        }
        if (!policy.sealed()) {
            return broken("the VMM is not sealed");
        }
        return policy.audit()
                ? LayerState.off(Layer.EBPF_LSM, "only watches and tells (--ebpf audit)", "--ebpf auto")
                : LayerState.live(
                        Layer.EBPF_LSM, "sealed: no file but its own, no program, no connection, no ptrace, no bpf");
    }

    private static LayerState broken(String reason) {
        return LayerState.broken(Layer.EBPF_LSM, reason, VmmLayers.DEFECT);
    }

    /** Where nothing can be read off a VMM. */
    LayerState unread(String why) {
        return watches()
                ? LayerState.broken(Layer.EBPF_LSM, "not read: " + why, "")
                : LayerState.off(Layer.EBPF_LSM, reason, fix);
    }
}

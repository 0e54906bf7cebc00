package io.neurovisor.host.probe;

import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import java.util.Optional;

/**
 * Layer 5: the eBPF policy of a VMM.
 *
 * @param reason why the programs are not in force; empty if they are
 * @param fix how to enable them; empty if this host cannot
 */
public record EbpfReading(String reason, String fix) {
    /** The programs are in force. */
    public static final EbpfReading IN_FORCE = new EbpfReading("", "");

    /** Returns whether the programs are in force. */
    public boolean isInForce() {
        return reason.isEmpty();
    }

    LayerState read(Optional<EbpfPolicyState> held) {
        if (!isInForce()) {
            return LayerState.off(Layer.EBPF_LSM, reason, fix);
        }
        if (held.isEmpty()) {
            return broken("the kernel has no policy for this VMM");
        }
        EbpfPolicyState policy = held.get();
        if (!policy.problem().isEmpty()) {
            return broken(policy.problem());
        }
        if (!policy.sealed()) {
            return broken("the VMM is not sealed");
        }
        return policy.audit()
                ? LayerState.off(Layer.EBPF_LSM, "only reports violations (--ebpf audit)", "--ebpf auto")
                : LayerState.live(
                        Layer.EBPF_LSM, "sealed: no file but its own, no program, no connection, no ptrace, no bpf");
    }

    private static LayerState broken(String reason) {
        return LayerState.broken(Layer.EBPF_LSM, reason, VmmLayers.DEFECT);
    }

    /** Returns the state when nothing can be read off a VMM. */
    LayerState unread(String why) {
        return isInForce()
                ? LayerState.unknown(Layer.EBPF_LSM, "not read: " + why)
                : LayerState.off(Layer.EBPF_LSM, reason, fix);
    }
}

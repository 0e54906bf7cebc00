package io.neurovisor.server.overview;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.engine.vm.VmmIdentity;
import java.time.Instant;
import java.util.List;

/**
 * A daemon at one moment. It holds no code, output, environment or file of anybody's.
 *
 * @param at that moment
 * @param startedAt since when the daemon serves
 * @param obstacle what keeps it from running programs; empty when nothing does
 * @param layers as they were read off the machine that was started last; empty before there was one
 */
public record Overview(
        Instant at,
        Instant startedAt,
        String version,
        boolean ready,
        String obstacle,
        Vmm vmm,
        Pool pool,
        List<Protection> layers,
        Activity executions) {
    /** Words of a stranger's, or about one: a fault may quote the end of a guest's console. */
    private static final int LONGEST_REMARK = 300;

    public Overview {
        requireNonNull(at, "at is null");
        requireNonNull(startedAt, "startedAt is null");
        requireNonNull(version, "version is null");
        requireNonNull(obstacle, "obstacle is null");
        requireNonNull(vmm, "vmm is null");
        requireNonNull(pool, "pool is null");
        layers = List.copyOf(layers);
        requireNonNull(executions, "executions is null");
    }

    /** Whether somebody who has seen the other one sees nothing new in this. */
    public boolean showsTheSameAs(Overview other) {
        return new Overview(other.at, startedAt, version, ready, obstacle, vmm, pool, layers, executions).equals(other);
    }

    /** Of a stranger's text what may be shown: one line without anything that is obeyed, of bounded length. */
    public static String remark(String text) {
        String line = UntrustedText.line(text).strip();
        return line.length() <= LONGEST_REMARK
                ? line
                : line.substring(0, line.offsetByCodePoints(0, line.codePointCount(0, LONGEST_REMARK))) + "…";
    }

    /**
     * What runs the guests.
     *
     * @param kvm whether the hardware does; emulation is no security boundary
     * @param reason why this VMM and no other
     * @param acceleration why there is KVM or is not
     */
    public record Vmm(String name, String version, boolean kvm, String reason, String acceleration) {
        public Vmm {
            requireNonNull(name, "name is null");
            requireNonNull(version, "version is null");
            requireNonNull(reason, "reason is null");
            requireNonNull(acceleration, "acceleration is null");
        }

        /** Of what has been found out at the start. */
        public static Vmm of(VmmIdentity identity, boolean kvm, String reason, String acceleration) {
            return new Vmm(identity.name(), identity.version(), kvm, reason, acceleration);
        }
    }

    /**
     * The machines.
     *
     * @param keepWarm how many are kept ready
     * @param max how many there may be at a time
     * @param room how many the memory holds at a time, of the usual size, as it is now
     */
    public record Pool(
            int warm,
            int keepWarm,
            int active,
            int starting,
            int ending,
            int waiting,
            int peak,
            int machines,
            int max,
            int room) {
        /** Of the pool's own books. */
        public static Pool of(PoolStatus status, int keepWarm, int max, int room) {
            return new Pool(
                    status.warm(),
                    keepWarm,
                    status.active(),
                    status.starting(),
                    status.ending(),
                    status.waiting(),
                    status.peak(),
                    status.machines(),
                    max,
                    room);
        }
    }

    /** One layer, with the words of {@code doctor}. */
    public record Protection(int layer, String name, String status, String detail, String fix) {
        public Protection {
            requireNonNull(name, "name is null");
            requireNonNull(status, "status is null");
            requireNonNull(detail, "detail is null");
            requireNonNull(fix, "fix is null");
        }

        /** As it was read. */
        public static Protection of(LayerState state) {
            return new Protection(
                    state.layer().number(),
                    state.layer().label(),
                    state.status().label(),
                    remark(state.detail()),
                    remark(state.fix()));
        }
    }
}

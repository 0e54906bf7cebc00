package io.neurovisor.server.overview;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.engine.vm.VmmIdentity;
import java.time.Instant;
import java.util.List;

/**
 * The state of a daemon at one moment. It contains no code, output, environment or files of clients.
 *
 * @param at that moment
 * @param startedAt when the daemon started to serve
 * @param obstacle why it cannot run programs; empty if it can
 * @param layers as read from the machine that was started last; empty before the first
 * @param sandboxes the newest of those that have not ended, at most 50
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
        Activity executions,
        List<LivingSandbox> sandboxes) {
    /** Limits text from outside, such as the end of a guest's console in a fault. */
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
        sandboxes = sandboxes.stream().limit(LivingSandbox.MOST_SHOWN).toList();
    }

    /** Returns whether this overview looks the same as the other, apart from the time. */
    public boolean showsTheSameAs(Overview other) {
        return new Overview(other.at, startedAt, version, ready, obstacle, vmm, pool, layers, executions, sandboxes)
                .equals(other);
    }

    /** Returns text from outside as a single line of bounded length without control characters. */
    public static String remark(String text) {
        String line = UntrustedText.line(text).strip();
        return line.length() <= LONGEST_REMARK
                ? line
                : line.substring(0, line.offsetByCodePoints(0, line.codePointCount(0, LONGEST_REMARK))) + "…";
    }

    /**
     * The VMM that runs the guests.
     *
     * @param kvm whether hardware executes the guests; emulation is not a security boundary
     * @param reason why this VMM was selected
     * @param acceleration why KVM is used or not
     */
    public record Vmm(String name, String version, boolean kvm, String reason, String acceleration) {
        public Vmm {
            requireNonNull(name, "name is null");
            requireNonNull(version, "version is null");
            requireNonNull(reason, "reason is null");
            requireNonNull(acceleration, "acceleration is null");
        }

        public static Vmm of(VmmIdentity identity, boolean kvm, String reason, String acceleration) {
            return new Vmm(identity.name(), identity.version(), kvm, reason, acceleration);
        }
    }

    /**
     * The pool of machines.
     *
     * @param keepWarm how many are kept ready
     * @param max the limit of machines
     * @param room how many machines of the default size fit into memory at present
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

    /** A layer, in the terms of {@code doctor}. */
    public record Protection(int layer, String name, String status, String detail, String fix) {
        public Protection {
            requireNonNull(name, "name is null");
            requireNonNull(status, "status is null");
            requireNonNull(detail, "detail is null");
            requireNonNull(fix, "fix is null");
        }

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

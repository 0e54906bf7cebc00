package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.vm.VmId;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The state of one sandbox. It uses no threads, clocks or machines: {@code nowNanos} is the time of a monotonic clock at an
 * event, and the end of each step that an event returns is reported.
 */
final class SandboxState {
    /** The interval at which the clock of a guest is set. */
    static final Duration CLOCK_INTERVAL = Duration.ofMinutes(5);

    /** The interval at which the layers of a machine are read. */
    static final Duration LAYERS_INTERVAL = Duration.ofMinutes(10);

    private final SandboxId id;
    private final String owner;
    private final SandboxSpec spec;
    private final Instant created;
    private final long createdNanos;
    private SandboxPhase phase = SandboxPhase.CREATING;
    private long endsNanos;
    private long clockNanos;
    private long layersNanos;
    private Optional<VmId> vmId = Optional.empty();
    private int generation;
    private Optional<Ending> ending = Optional.empty();
    private boolean holding = true;

    /** Why a sandbox ended, or why it will end once it runs. */
    private record Ending(SandboxEnd end, String detail) {}

    /** A sandbox that waits for its machine. Its time-out is counted from the moment at which it runs. */
    SandboxState(SandboxId id, String owner, SandboxSpec spec, Instant created, long nowNanos) {
        this.id = id;
        this.owner = owner;
        this.spec = spec.withoutEnvironment();
        this.created = created;
        this.createdNanos = nowNanos;
        this.endsNanos = nowNanos + spec.timeout().toNanos();
    }

    /** A sandbox that ended at {@code endedNanos}, perhaps of another process. */
    SandboxState(SandboxRecord ended, long endedNanos) {
        this(
                ended.id(),
                ended.owner(),
                ended.spec(),
                ended.created(),
                endedNanos - Duration.between(ended.created(), ended.ends()).toNanos());
        vmId = ended.vmId();
        generation = ended.generation();
        ending = Optional.of(new Ending(ended.end().orElse(SandboxEnd.LOST), ended.endDetail()));
        endsNanos = endedNanos;
        phase = SandboxPhase.ENDED;
        holding = false;
    }

    /** Records that its machine is ready; it ends if that was decided meanwhile. */
    Optional<SandboxStep> running(VmId machine, long nowNanos) {
        become(SandboxPhase.RUNNING);
        vmId = Optional.of(machine);
        generation++;
        endsNanos = nowNanos + spec.timeout().toNanos();
        clockNanos = nowNanos; // Its machine may have waited for half an hour.
        layersNanos = nowNanos + LAYERS_INTERVAL.toNanos();
        return ending.flatMap(decided -> end(decided.end(), decided.detail(), nowNanos));
    }

    /** Records that it gets no machine. */
    void failed(String detail, long nowNanos) {
        become(SandboxPhase.ENDED);
        ending = ending.or(() -> Optional.of(new Ending(SandboxEnd.FAILED, detail)));
        endsNanos = nowNanos;
        holding = false;
    }

    /** Ends it, once it runs if it is being created. The first reason counts. */
    Optional<SandboxStep> end(SandboxEnd end, String detail, long nowNanos) {
        if (phase == SandboxPhase.ENDED) {
            return Optional.empty();
        }
        ending = ending.or(() -> Optional.of(new Ending(end, detail)));
        if (phase == SandboxPhase.CREATING) {
            return Optional.empty();
        }
        become(SandboxPhase.ENDED);
        endsNanos = nowNanos;
        return Optional.of(new SandboxStep.End(id));
    }

    /** Records that its machine has died. */
    Optional<SandboxStep> died(SandboxEnd end, String detail, long nowNanos) {
        return phase == SandboxPhase.RUNNING || phase == SandboxPhase.PAUSING
                ? end(end, detail, nowNanos)
                : Optional.empty();
    }

    /** Sets the rest of its life; zero ends it. */
    Optional<SandboxStep> setTimeout(Duration timeout, long nowNanos) {
        if (timeout.isZero()) {
            return end(SandboxEnd.TIMED_OUT, "", nowNanos);
        }
        if (phase != SandboxPhase.ENDED) {
            endsNanos = nowNanos + timeout.toNanos();
        }
        return Optional.empty();
    }

    /** Sets the rest of its life unless more is left. */
    void extend(Duration timeout, long nowNanos) {
        if (endsNanos - nowNanos < timeout.toNanos()) {
            Optional<SandboxStep> _ = setTimeout(timeout, nowNanos);
        }
    }

    /** Returns the next step that is due by its time, which counts as taken; empty if there is none. */
    Optional<SandboxStep> next(long nowNanos) {
        if (untilNext(nowNanos).isPositive()) {
            return Optional.empty();
        }
        if (endsNanos - nowNanos <= 0) {
            return end(SandboxEnd.TIMED_OUT, "", nowNanos);
        }
        if (clockNanos - nowNanos <= 0) {
            clockNanos = nowNanos + CLOCK_INTERVAL.toNanos();
            return Optional.of(new SandboxStep.SetClock(id));
        }
        layersNanos = nowNanos + LAYERS_INTERVAL.toNanos();
        return Optional.of(new SandboxStep.ReadLayers(id));
    }

    /** Returns the time until a step is due; {@link SandboxBook#NEVER} if none will be without an event. */
    Duration untilNext(long nowNanos) {
        return switch (phase) {
            // An end that falls into a phase that passes is found after it.
            case CREATING, PAUSING, RESUMING, ENDED -> SandboxBook.NEVER;
            case PAUSED -> Duration.ofNanos(endsNanos - nowNanos);
            case RUNNING ->
                Duration.ofNanos(
                        Math.min(endsNanos - nowNanos, Math.min(clockNanos - nowNanos, layersNanos - nowNanos)));
        };
    }

    /** Records that its machine is killed, so that it counts no longer. */
    void released() {
        if (phase != SandboxPhase.ENDED || !holding) {
            throw new IllegalStateException("sandbox " + id + " is " + phase + " and holds no machine to release");
        }
        holding = false;
    }

    void become(SandboxPhase next) {
        if (!phase.mayBecome(next)) {
            throw new IllegalStateException("sandbox " + id + " is " + phase + " and cannot become " + next);
        }
        phase = next;
    }

    /** Returns whether it lives and no end has been decided for it. */
    boolean isToGoOn() {
        return ending.isEmpty();
    }

    SandboxId id() {
        return id;
    }

    String owner() {
        return owner;
    }

    SandboxSpec spec() {
        return spec;
    }

    SandboxPhase phase() {
        return phase;
    }

    /** Returns whether it has a machine, or will get one; a sandbox that ended has it until it is killed. */
    boolean isHolding() {
        return holding;
    }

    /** Returns the time at which its time-out passes, or at which it ended. */
    long endsNanos() {
        return endsNanos;
    }

    /** Returns why it ended; empty while it lives. */
    Optional<SandboxEnd> end() {
        return phase == SandboxPhase.ENDED ? ending.map(Ending::end) : Optional.empty();
    }

    SandboxRecord record() {
        return new SandboxRecord(
                id,
                owner,
                spec,
                created,
                created.plusNanos(endsNanos - createdNanos),
                vmId,
                generation,
                end(),
                end().isPresent() ? ending.map(Ending::detail).orElse("") : "");
    }
}

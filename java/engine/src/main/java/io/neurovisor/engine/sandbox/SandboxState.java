package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.sandbox.SandboxSpec.OnTimeout;
import io.neurovisor.engine.vm.VmId;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * The state of one sandbox. It uses no threads, clocks or machines: {@code nowNanos} is the time of a monotonic clock at an
 * event, and the end of each step that an event returns is reported.
 */
final class SandboxState {
    private final SandboxId id;
    private final String owner;
    private final SandboxSpec spec;
    private final SandboxTimes times;
    private final SandboxPauses pauses = new SandboxPauses(this);
    private SandboxPhase phase = SandboxPhase.CREATING;
    private Optional<VmId> vmId = Optional.empty();
    private int generation;
    private Optional<Ending> ending = Optional.empty();
    private boolean holding = true;
    private boolean over;
    /** The calls to its guest that are under way, with their streams. */
    private int calls;

    /** Why a sandbox ended, or will end. */
    record Ending(SandboxEnd end, String detail) {}

    /** A sandbox that waits for its machine. Its time-out is counted from the moment at which it runs. */
    SandboxState(SandboxId id, String owner, SandboxSpec spec, Instant created, long nowNanos) {
        this.id = id;
        this.owner = owner;
        this.spec = spec.withoutEnvironment();
        this.times =
                new SandboxTimes(created, nowNanos, nowNanos + spec.timeout().toNanos());
    }

    /** A sandbox, perhaps of another process, that ended at {@code endsNanos}, or is paused and its time-out passes then. */
    SandboxState(SandboxRecord record, long endsNanos) {
        Duration life = Duration.between(record.created(), record.ends());
        id = record.id();
        owner = record.owner();
        spec = record.spec();
        times = new SandboxTimes(record.created(), endsNanos - life.toNanos(), endsNanos);
        vmId = record.vmId();
        generation = record.generation();
        holding = false;
        if (record.isPaused()) {
            phase = SandboxPhase.PAUSED;
            pauses.remember(record.pause());
        } else {
            phase = SandboxPhase.ENDED;
            ending = Optional.of(new Ending(record.end().orElse(SandboxEnd.LOST), record.endDetail()));
            over = true;
            pauses.rememberOlder(record.older());
        }
    }

    /** Records that its machine is ready; it ends if that was decided meanwhile. */
    Optional<SandboxStep> running(VmId machine, long nowNanos) {
        run(machine, nowNanos);
        times.endAt(nowNanos + spec.timeout().toNanos());
        return ending.flatMap(decided -> end(decided, nowNanos));
    }

    void run(VmId machine, long nowNanos) {
        become(SandboxPhase.RUNNING);
        vmId = Optional.of(machine);
        generation++;
        times.begin(nowNanos);
    }

    /** Records that it gets no machine. */
    void failed(String detail, long nowNanos) {
        become(SandboxPhase.ENDED);
        ending = ending.or(() -> Optional.of(new Ending(SandboxEnd.FAILED, detail)));
        times.endAt(nowNanos);
        holding = false;
        over = true;
    }

    /**
     * Ends it: once it runs if it is being created, and once the step that is under way is reported if it is being saved or
     * restored. The first reason counts, but a lost sandbox whose checkpoint is kept ends once more.
     */
    Optional<SandboxStep> end(Ending why, long nowNanos) {
        if (phase == SandboxPhase.ENDED) {
            ending = pauses.older().map(_ -> why).or(() -> ending);
            return pauses.discard();
        }
        ending = ending.or(() -> Optional.of(why));
        if (phase == SandboxPhase.CREATING) {
            return Optional.empty();
        }
        boolean isUnderWay = phase.isPassing();
        become(SandboxPhase.ENDED);
        times.endAt(nowNanos);
        return Optional.of(isUnderWay ? new SandboxStep.Abort(id) : pauses.endStep());
    }

    /** Ends it with its daemon, unless it is paused or will be: then it can be resumed later. */
    Optional<SandboxStep> stop(Ending why, long nowNanos) {
        return switch (phase) {
            case CREATING, RUNNING -> end(why, nowNanos);
            case COPYING, PAUSING, RESUMING -> {
                pauses.endOtherwise(why);
                yield Optional.empty();
            }
            case PAUSED, ENDED -> Optional.empty();
        };
    }

    /**
     * Records that its machine was found dead.
     *
     * @param pausesBefore {@link SandboxPauses#begun} when the machine was examined: it may have another one since
     */
    Optional<SandboxStep> died(int pausesBefore, Ending why, long nowNanos) {
        return phase == SandboxPhase.RUNNING && pauses.begun() == pausesBefore ? end(why, nowNanos) : Optional.empty();
    }

    /** Sets the rest of its life. */
    void setTimeout(Duration timeout, long nowNanos) {
        if (phase != SandboxPhase.ENDED) {
            times.endAt(nowNanos + timeout.toNanos());
            pauses.forgetFailures();
        }
    }

    /** Sets the rest of its life unless more is left. */
    void extend(Duration timeout, long nowNanos) {
        if (times.untilEnd(nowNanos).compareTo(timeout) < 0) {
            setTimeout(timeout, nowNanos);
        }
    }

    /**
     * Returns the next step that is due by its time, which counts as taken; empty if there is none.
     *
     * @param mayPause returns whether one more sandbox of its owner may be paused
     */
    Optional<SandboxStep> next(BooleanSupplier mayPause, long nowNanos) {
        if (untilNext(nowNanos).isPositive()) {
            return Optional.empty();
        }
        if (times.isOver(nowNanos)) {
            return timeOut(mayPause, nowNanos);
        }
        if (!untilIdle(nowNanos).isPositive()) {
            return idle(mayPause, nowNanos);
        }
        return Optional.of(
                times.takeClock(nowNanos) || !times.takeLayers(nowNanos)
                        ? new SandboxStep.SetClock(id)
                        : new SandboxStep.ReadLayers(id));
    }

    private Optional<SandboxStep> timeOut(BooleanSupplier mayPause, long nowNanos) {
        if (spec.onTimeout() == OnTimeout.KILL || phase == SandboxPhase.ENDED) {
            return end(new Ending(SandboxEnd.TIMED_OUT, ""), nowNanos);
        }
        return mayPause.getAsBoolean()
                ? pauses.begin(PauseReason.TIMED_OUT)
                : pauses.timedOut("as many sandboxes as allowed are paused", nowNanos);
    }

    private Optional<SandboxStep> idle(BooleanSupplier mayPause, long nowNanos) {
        if (mayPause.getAsBoolean()) {
            return pauses.begin(PauseReason.IDLE);
        }
        times.use(nowNanos);
        return Optional.empty();
    }

    /** Records that a call to its guest begins. */
    void beginCall() {
        calls++;
    }

    /** Records that a call to its guest, with the streams that it has opened, has ended. */
    void endCall(long nowNanos) {
        calls--;
        times.use(nowNanos);
    }

    private Duration untilIdle(long nowNanos) {
        return spec.idlePause()
                .filter(_ -> phase == SandboxPhase.RUNNING && calls == 0)
                .map(idle -> times.untilIdle(idle, nowNanos))
                .orElse(SandboxBook.NEVER);
    }

    /** Returns the time until a step is due; {@link SandboxBook#NEVER} if none will be without an event. */
    Duration untilNext(long nowNanos) {
        return switch (phase) {
            // An end that falls into a phase that passes is found after it.
            case CREATING, COPYING, PAUSING, RESUMING -> SandboxBook.NEVER;
            case ENDED ->
                pauses.older().isEmpty() ? SandboxBook.NEVER : SandboxBook.REMEMBERED.plus(times.untilEnd(nowNanos));
            case PAUSED -> spec.onTimeout() == OnTimeout.KILL ? times.untilEnd(nowNanos) : SandboxBook.NEVER;
            case RUNNING -> Collections.min(List.of(times.untilNext(nowNanos), untilIdle(nowNanos)));
        };
    }

    /** Records that its end is complete: its machine is killed, and its checkpoint removed. */
    void released() {
        if (phase != SandboxPhase.ENDED || over) {
            throw new IllegalStateException("sandbox " + id + " is " + phase + " and has nothing to release");
        }
        holding = false;
        over = true;
    }

    void become(SandboxPhase next) {
        if (!phase.mayBecome(next)) {
            throw new IllegalStateException("sandbox " + id + " is " + phase + " and cannot become " + next);
        }
        phase = next;
    }

    /** Sets whether it has a machine, or will get one. */
    void hold(boolean machine) {
        holding = machine;
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

    SandboxTimes times() {
        return times;
    }

    SandboxPauses pauses() {
        return pauses;
    }

    /** Returns whether it has a machine, or will get one; a sandbox that ended has it until it is killed. */
    boolean isHolding() {
        return holding;
    }

    /** Returns whether its end is complete. */
    boolean isOver() {
        return over;
    }

    /** Returns whether its end is complete and it cannot go back. */
    boolean isGone() {
        return over && pauses.older().isEmpty();
    }

    /** Returns the time at which its time-out passes, or at which it ended. */
    long endsNanos() {
        return times.endsNanos();
    }

    /** Returns why it ended; empty while it lives. */
    Optional<SandboxEnd> end() {
        return phase == SandboxPhase.ENDED ? ending.map(Ending::end) : Optional.empty();
    }

    SandboxRecord record() {
        boolean hasEnded = phase == SandboxPhase.ENDED;
        return new SandboxRecord(
                id,
                owner,
                spec,
                times.created(),
                times.ends(),
                vmId,
                generation,
                hasEnded ? Optional.empty() : pauses.reason(),
                end(),
                hasEnded ? ending.map(Ending::detail).orElse("") : "",
                pauses.older());
    }
}

package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.sandbox.SandboxSpec.OnTimeout;
import java.time.Duration;
import java.util.Optional;

/** What {@link SandboxBooks} knows of a sandbox: a row of a plain table. */
final class BookedSandbox {
    final SandboxOwner owner;
    final SandboxSpec spec;
    SandboxPhase phase = SandboxPhase.CREATING;
    /** What is being done for it. Its end is awaited: nothing else is begun until then. */
    Work work = Work.NONE;

    boolean hasMachine;
    /** Whether it counts among those that have a machine or will get one. */
    boolean counts = true;

    boolean isOver;
    /** Whether it has begun to be paused, so that a checkpoint of it may exist. */
    boolean mayBeOnDisk;
    /** Whether a checkpoint of it exists. */
    boolean isOnDisk;
    /** Whether that is a whole checkpoint of its current state. */
    boolean isSaved;
    /** Whether it is lost, and can go back to that checkpoint. */
    boolean canGoBack;

    long endsNanos;
    long clockSetNanos;
    long layersReadNanos;
    long usedNanos;
    int calls;
    int failedPauses;
    int deaths;
    Optional<PauseReason> reason = Optional.empty();
    Optional<SandboxEnd> decided = Optional.empty();
    /** Why it ends if it is not paused next. */
    Optional<SandboxEnd> otherwise = Optional.empty();

    enum Work {
        NONE,
        COPY,
        SAVE,
        PAUSE,
        RESTORE,
        END
    }

    BookedSandbox(SandboxOwner owner, SandboxSpec spec) {
        this.owner = owner;
        this.spec = spec;
    }

    /** Returns whether a creation with this key returns it. */
    boolean isRepeated(SandboxOwner by, String key, long nowNanos) {
        boolean isRecent = phase != SandboxPhase.ENDED
                || !isOver
                || nowNanos - endsNanos <= Duration.ofMinutes(15).toNanos();
        boolean hasFailed = phase == SandboxPhase.ENDED && decided.equals(Optional.of(SandboxEnd.FAILED));
        return owner.name().equals(by.name())
                && spec.idempotencyKey().equals(Optional.of(key))
                && isRecent
                && !hasFailed;
    }

    boolean isToBePaused() {
        return spec.onTimeout() == OnTimeout.PAUSE;
    }

    /** Returns whether it counts among the paused ones. */
    boolean countsAsPaused() {
        return phase == SandboxPhase.PAUSING || phase == SandboxPhase.PAUSED || phase == SandboxPhase.RESUMING;
    }

    void begin(Work next) {
        assertThat(work).as("what is under way when " + next + " begins").isEqualTo(Work.NONE);
        work = next;
    }

    void getMachine(long nowNanos) {
        assertThat(hasMachine).as("a machine before it gets one").isFalse();
        hasMachine = true;
        clockSetNanos = nowNanos - SandboxTimes.CLOCK_INTERVAL.toNanos();
        layersReadNanos = nowNanos;
        usedNanos = nowNanos;
    }

    void loseMachine() {
        hasMachine = false;
        counts = false;
    }

    void end(SandboxEnd why, long nowNanos) {
        phase = SandboxPhase.ENDED;
        endsNanos = nowNanos;
        decided = decided.or(() -> Optional.of(why));
    }

    /** Returns whether its end follows from a pause that has failed at its time-out. */
    boolean failsToPause(long nowNanos) {
        failedPauses++;
        if (failedPauses == SandboxPauses.MOST_FAILED) {
            end(SandboxEnd.TIMED_OUT, nowNanos);
            return true;
        }
        endsNanos = nowNanos + SandboxPauses.INTERVAL.toNanos();
        return false;
    }

    SandboxStep beginPause(SandboxId id, PauseReason why) {
        phase = SandboxPhase.PAUSING;
        mayBeOnDisk = true;
        reason = Optional.of(why);
        begin(Work.SAVE);
        return new SandboxStep.Save(id);
    }

    /** Returns whether its checkpoint is not removed at its end, so that it can go back. */
    boolean isKeptAtItsEnd() {
        return decided.equals(Optional.of(SandboxEnd.LOST)) && !isSaved;
    }

    /** Ends it once more if it could go back. */
    Optional<SandboxStep> giveUp(SandboxId id, SandboxEnd why) {
        if (!canGoBack) {
            return Optional.empty();
        }
        canGoBack = false;
        isOnDisk = false;
        decided = Optional.of(why);
        return Optional.of(new SandboxStep.Discard(id));
    }

    /** Returns what is due, after doing it. */
    Optional<SandboxStep> next(SandboxId id, boolean mayPause, long nowNanos) {
        if (canGoBack && !untilNext(nowNanos).isPositive()) {
            return giveUp(id, SandboxEnd.TIMED_OUT);
        }
        if (isDue(nowNanos) && isToBePaused() && mayPause) {
            return Optional.of(beginPause(id, PauseReason.TIMED_OUT));
        } else if (isDue(nowNanos)) {
            if (!isToBePaused()) {
                end(SandboxEnd.TIMED_OUT, nowNanos);
            }
            if (!isToBePaused() || failsToPause(nowNanos)) {
                begin(Work.END);
                return Optional.of(new SandboxStep.End(id, mayBeOnDisk));
            }
        } else if (isIdle(nowNanos)) {
            if (mayPause) {
                return Optional.of(beginPause(id, PauseReason.IDLE));
            }
            usedNanos = nowNanos;
        } else if (isClockDue(nowNanos)) {
            clockSetNanos = nowNanos;
            return Optional.of(new SandboxStep.SetClock(id));
        } else if (areLayersDue(nowNanos)) {
            layersReadNanos = nowNanos;
            return Optional.of(new SandboxStep.ReadLayers(id));
        }
        return Optional.empty();
    }

    /** It is paused after its process has ended: all else is forgotten. */
    void isFound() {
        phase = SandboxPhase.PAUSED;
        work = Work.NONE;
        loseMachine();
        failedPauses = 0;
        deaths = 0;
        calls = 0;
        otherwise = Optional.empty();
    }

    /** Its process has ended, and it was not saved before. */
    void isLost(long nowNanos) {
        isFound();
        decided = Optional.of(SandboxEnd.LOST);
        end(SandboxEnd.LOST, nowNanos);
        isOver = true;
    }

    boolean isDue(long nowNanos) {
        return endsNanos <= nowNanos
                && (phase == SandboxPhase.RUNNING || (phase == SandboxPhase.PAUSED && !isToBePaused()));
    }

    boolean isIdle(long nowNanos) {
        return phase == SandboxPhase.RUNNING && untilIdle(nowNanos).compareTo(Duration.ZERO) <= 0;
    }

    private Duration untilIdle(long nowNanos) {
        return spec.idlePause().isPresent() && calls == 0
                ? spec.idlePause().get().minusNanos(nowNanos - usedNanos)
                : SandboxBook.NEVER;
    }

    boolean isClockDue(long nowNanos) {
        return phase == SandboxPhase.RUNNING && nowNanos - clockSetNanos >= SandboxTimes.CLOCK_INTERVAL.toNanos();
    }

    boolean areLayersDue(long nowNanos) {
        return phase == SandboxPhase.RUNNING && nowNanos - layersReadNanos >= SandboxTimes.LAYERS_INTERVAL.toNanos();
    }

    Duration untilNext(long nowNanos) {
        Duration untilEnd = Duration.ofNanos(endsNanos - nowNanos);
        return switch (phase) {
            case RUNNING ->
                min(
                        min(untilEnd, untilIdle(nowNanos)),
                        min(
                                SandboxTimes.CLOCK_INTERVAL.minusNanos(nowNanos - clockSetNanos),
                                SandboxTimes.LAYERS_INTERVAL.minusNanos(nowNanos - layersReadNanos)));
            case PAUSED -> isToBePaused() ? SandboxBook.NEVER : untilEnd;
            case ENDED -> canGoBack ? untilEnd.plusHours(24) : SandboxBook.NEVER;
            case CREATING, COPYING, PAUSING, RESUMING -> SandboxBook.NEVER;
        };
    }

    private static Duration min(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}

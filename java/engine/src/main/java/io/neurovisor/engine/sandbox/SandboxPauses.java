package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.sandbox.SandboxSpec.OnTimeout;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.vm.VmId;
import java.time.Duration;
import java.util.Optional;

/**
 * The events by which one sandbox is paused and resumed. A sandbox that was killed while it is saved or restored ends when that
 * is reported, so that nothing of it is left.
 */
final class SandboxPauses {
    /** The time after which a sandbox that could not be paused at its time-out is paused again. */
    static final Duration INTERVAL = Duration.ofMinutes(1);

    /** A sandbox ends if its pause at its time-out has failed as often. */
    static final int MOST_FAILED = 3;

    /** A sandbox ends if its restored machine has died as often. */
    static final int MOST_DEATHS = 3;

    private final SandboxState state;
    private Optional<PauseReason> reason = Optional.empty();
    /** Whether a whole checkpoint of the current pause exists. */
    private boolean saved;
    /** Whether a checkpoint may exist, perhaps that of an earlier pause. */
    private boolean kept;
    /** Why it ends with its daemon unless it is paused after the step that is under way. */
    private Optional<SandboxState.Ending> otherwise = Optional.empty();

    /** The checkpoint that is kept of a lost sandbox, so that it can go back to it. */
    private Optional<SandboxCheckpoint> older = Optional.empty();

    private int begun;
    private int failed;
    private int deaths;

    SandboxPauses(SandboxState state) {
        this.state = state;
    }

    /** Takes over a sandbox that is paused. */
    void remember(Optional<PauseReason> why) {
        reason = why;
        saved = true;
        kept = true;
    }

    /** Begins to pause it if it runs. */
    Optional<SandboxStep> begin(PauseReason why) {
        if (state.phase() != SandboxPhase.RUNNING) {
            return Optional.empty();
        }
        state.become(SandboxPhase.PAUSING);
        reason = Optional.of(why);
        kept = true;
        begun++;
        return Optional.of(new SandboxStep.Save(state.id()));
    }

    /** Begins to save it for copies if it runs; {@link #notSaved} reports the end. */
    boolean beginCopy() {
        if (state.phase() != SandboxPhase.RUNNING) {
            return false;
        }
        state.become(SandboxPhase.COPYING);
        reason = Optional.empty();
        begun++;
        return true;
    }

    /** Records that a whole checkpoint of it exists. */
    SandboxStep saved() {
        if (state.phase() == SandboxPhase.ENDED) {
            return endStep();
        }
        if (state.phase() != SandboxPhase.PAUSING) {
            throw new IllegalStateException("sandbox " + state.id() + " is " + state.phase() + " and not being saved");
        }
        saved = true;
        return new SandboxStep.Pause(state.id());
    }

    /**
     * Records that it was not saved, or goes on after it was saved for copies.
     *
     * @param death why its machine cannot go on; empty if it does
     */
    Optional<SandboxStep> notSaved(Optional<SandboxEnd> death, String detail, long nowNanos) {
        if (state.phase() == SandboxPhase.ENDED) {
            return Optional.of(endStep());
        }
        state.become(SandboxPhase.RUNNING);
        Optional<SandboxState.Ending> ending =
                death.map(end -> new SandboxState.Ending(end, detail)).or(() -> otherwise);
        if (ending.isPresent()) {
            return state.end(ending.get(), nowNanos);
        }
        state.times().use(nowNanos);
        return reason.equals(Optional.of(PauseReason.TIMED_OUT)) ? timedOut(detail, nowNanos) : Optional.empty();
    }

    /** Gives a sandbox that cannot be paused at its time-out more time, or ends it. */
    Optional<SandboxStep> timedOut(String why, long nowNanos) {
        failed++;
        if (failed == MOST_FAILED) {
            return state.end(new SandboxState.Ending(SandboxEnd.TIMED_OUT, "it could not be paused: " + why), nowNanos);
        }
        state.times().endAt(nowNanos + INTERVAL.toNanos());
        return Optional.empty();
    }

    /** Forgets that pauses have failed, because a client has set the time-out. */
    void forgetFailures() {
        failed = 0;
    }

    /** Records that its machine is killed, so that it is paused. */
    Optional<SandboxStep> paused() {
        state.hold(false);
        if (state.phase() == SandboxPhase.ENDED) {
            return Optional.of(endStep());
        }
        state.become(SandboxPhase.PAUSED);
        otherwise = Optional.empty();
        failed = 0;
        return Optional.empty();
    }

    /** Begins to resume it. If its time has passed, it gets as much as a new one. */
    void resume(long nowNanos) {
        state.become(SandboxPhase.RESUMING);
        state.hold(true);
        if (state.spec().onTimeout() == OnTimeout.PAUSE && state.times().isOver(nowNanos)) {
            state.times().endAt(nowNanos + state.spec().timeout().toNanos());
        }
    }

    /** Records that a machine continues it. If its daemon ends, it is paused as it was before. */
    Optional<SandboxStep> restored(VmId machine, long nowNanos) {
        if (state.phase() == SandboxPhase.ENDED) {
            return Optional.of(endStep());
        }
        if (otherwise.isPresent()) {
            return Optional.of(new SandboxStep.Pause(state.id()));
        }
        state.run(machine, nowNanos);
        saved = false;
        deaths = 0;
        return Optional.empty();
    }

    /**
     * Records that no machine continues it.
     *
     * @param died whether the machine has died, so that another one may die of it, too
     */
    Optional<SandboxStep> notRestored(boolean died, String detail, long nowNanos) {
        state.hold(false);
        if (state.phase() == SandboxPhase.ENDED) {
            return Optional.of(endStep());
        }
        state.become(SandboxPhase.PAUSED);
        otherwise = Optional.empty();
        deaths += died ? 1 : 0;
        return deaths == MOST_DEATHS
                ? state.end(new SandboxState.Ending(SandboxEnd.DIED, detail), nowNanos)
                : Optional.empty();
    }

    /** Decides that it ends with its daemon unless it is paused after the step that is under way. */
    void endOtherwise(SandboxState.Ending ending) {
        otherwise = Optional.of(ending);
    }

    /** Takes over a sandbox that has ended. */
    void rememberOlder(Optional<SandboxCheckpoint> checkpoint) {
        older = checkpoint;
    }

    /** Returns the checkpoint to which it can go back; empty unless it is lost and one is kept. */
    Optional<SandboxCheckpoint> older() {
        return older;
    }

    /** Returns a lost sandbox as it is paused when it goes back, with as much time as a new one; empty if it cannot. */
    Optional<SandboxRecord> earlier(long nowNanos) {
        return older.map(checkpoint -> new SandboxRecord(
                state.id(),
                state.owner(),
                state.spec(),
                state.times().created(),
                state.times().at(nowNanos + state.spec().timeout().toNanos()),
                state.record().vmId(),
                checkpoint.generation(),
                Optional.of(PauseReason.CLIENT),
                Optional.empty(),
                ""));
    }

    /** Removes the checkpoint to which it can go back, if there is one. */
    Optional<SandboxStep> discard() {
        Optional<SandboxStep> step = older.map(_ -> new SandboxStep.Discard(state.id()));
        older = Optional.empty();
        return step;
    }

    /** A lost sandbox keeps the checkpoint of an earlier pause, because a client may want to go back to it; not a damaged one. */
    SandboxStep endStep() {
        boolean isLost = state.end().equals(Optional.of(SandboxEnd.LOST));
        return new SandboxStep.End(state.id(), kept && (saved || !isLost));
    }

    /** Returns how often a save has begun, so that a call can find out whether there was one meanwhile. */
    int begun() {
        return begun;
    }

    /** Returns why it is paused; empty without a whole checkpoint of that pause. */
    Optional<PauseReason> reason() {
        return saved ? reason : Optional.empty();
    }
}

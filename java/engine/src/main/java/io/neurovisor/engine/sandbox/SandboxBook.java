package io.neurovisor.engine.sandbox;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.vm.VmId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The states of all sandboxes of a process, with the limits on their number. It uses no threads, clocks or machines. Its
 * owner reports events, does the steps that they return, and every now and then those of {@link #next}.
 *
 * <p>A sandbox counts while it has a machine, or will get one. Those that are paused are limited as well; one that is being
 * paused or resumed counts among both. Those that ended are remembered for a day, at most {@link #MOST_ENDED}: of more, those
 * that never ran are forgotten first, because no client has used them, and then the oldest.
 */
final class SandboxBook {
    /** Longer than any time-out. */
    static final Duration NEVER = Duration.ofDays(1000);

    static final Duration REMEMBERED = Duration.ofHours(24);
    static final int MOST_ENDED = 1000;

    /** The time after an end in which a creation with the same key returns the sandbox that ended. */
    static final Duration REPEATED = Duration.ofMinutes(15);

    private static final Optional<SandboxEnd> FAILED = Optional.of(SandboxEnd.FAILED);

    private final SandboxLimits limits;
    private final Map<SandboxId, SandboxState> sandboxes = new LinkedHashMap<>();
    private boolean stopped;

    /**
     * @param most the most sandboxes that may have machines at the same time
     * @param mostPaused the most that may be paused; the end of the daemon pauses more
     */
    SandboxBook(int most, int mostPaused) {
        this.limits = new SandboxLimits(most, mostPaused);
    }

    /** Adds a sandbox that waits for its machine; throws if a limit is reached. */
    SandboxState create(SandboxId id, SandboxSpec spec, SandboxOwner owner, Instant created, long nowNanos) {
        if (stopped) {
            throw SandboxFaults.stopping();
        }
        limits.admit(spec, owner, holding().toList(), nowNanos);
        SandboxState state = new SandboxState(id, owner.name(), spec, created, nowNanos);
        put(state);
        return state;
    }

    /** Adds a sandbox that has ended, or is paused. */
    void remember(SandboxRecord record, long endsNanos) {
        put(new SandboxState(record, endsNanos));
    }

    private void put(SandboxState state) {
        if (sandboxes.putIfAbsent(state.id(), state) != null) {
            throw new IllegalStateException("sandbox " + state.id() + " exists");
        }
    }

    /** Returns the sandbox that the owner has created with this key before. One that never ran does not count. */
    Optional<SandboxState> created(String owner, String key, long nowNanos) {
        return of(owner)
                .filter(state -> state.spec().idempotencyKey().equals(Optional.of(key)))
                .filter(state -> !state.end().equals(FAILED))
                .filter(state -> !hasEndedFor(state, REPEATED, nowNanos))
                .findFirst();
    }

    Optional<SandboxStep> running(SandboxId id, VmId machine, long nowNanos) {
        return known(id).running(machine, nowNanos);
    }

    void failed(SandboxId id, String detail, long nowNanos) {
        known(id).failed(detail, nowNanos);
    }

    /** As {@link SandboxState#end}. */
    Optional<SandboxStep> end(SandboxId id, SandboxEnd end, String detail, long nowNanos) {
        return find(id).flatMap(state -> state.end(new SandboxState.Ending(end, detail), nowNanos));
    }

    /** As {@link SandboxState#stop}. */
    Optional<SandboxStep> stop(SandboxId id, SandboxEnd end, String detail, long nowNanos) {
        return find(id).flatMap(state -> state.stop(new SandboxState.Ending(end, detail), nowNanos));
    }

    /** As {@link SandboxState#died}. */
    Optional<SandboxStep> died(SandboxId id, int pausesBefore, SandboxEnd end, String detail, long nowNanos) {
        return find(id).flatMap(state -> state.died(pausesBefore, new SandboxState.Ending(end, detail), nowNanos));
    }

    /** Begins to pause a sandbox if it runs; throws if that would exceed the limit. */
    Optional<SandboxStep> pause(SandboxId id, PauseReason reason) {
        SandboxState state = known(id);
        if (state.phase() == SandboxPhase.RUNNING && reason != PauseReason.SHUTDOWN) {
            limits.requireOnePausedMore(state, sandboxes.values());
        }
        return state.pauses().begin(reason);
    }

    /** As {@link SandboxPauses#beginCopy}. */
    boolean copy(SandboxId id) {
        return known(id).pauses().beginCopy();
    }

    SandboxStep saved(SandboxId id) {
        return known(id).pauses().saved();
    }

    /** As {@link SandboxPauses#notSaved}. */
    Optional<SandboxStep> notSaved(SandboxId id, Optional<SandboxEnd> death, String detail, long nowNanos) {
        return known(id).pauses().notSaved(death, detail, nowNanos);
    }

    Optional<SandboxStep> paused(SandboxId id) {
        return known(id).pauses().paused();
    }

    /**
     * Begins to resume a sandbox if it is paused; throws if a limit is reached. If this returns true, the caller starts a machine
     * from the checkpoint, and reports with {@link #restored} or {@link #notRestored}.
     */
    boolean resume(SandboxId id, SandboxOwner owner, long nowNanos) {
        SandboxState state = known(id);
        if (state.phase() != SandboxPhase.PAUSED) {
            return false;
        }
        if (stopped) {
            throw SandboxFaults.stopping();
        }
        limits.admit(state.spec(), owner, holding().toList(), nowNanos);
        state.pauses().resume(nowNanos);
        return true;
    }

    Optional<SandboxStep> restored(SandboxId id, VmId machine, long nowNanos) {
        return known(id).pauses().restored(machine, nowNanos);
    }

    /** As {@link SandboxPauses#notRestored}. */
    Optional<SandboxStep> notRestored(SandboxId id, boolean died, String detail, long nowNanos) {
        return known(id).pauses().notRestored(died, detail, nowNanos);
    }

    /**
     * Returns a lost sandbox as it is paused when it goes back to the checkpoint that is kept of it; empty if it is not lost, or
     * has none. Throws if a limit is reached.
     */
    Optional<SandboxRecord> earlier(SandboxId id, SandboxOwner owner, long nowNanos) {
        Optional<SandboxRecord> earlier =
                find(id).flatMap(state -> state.pauses().earlier(nowNanos));
        if (earlier.isPresent()) {
            limits.remember(owner);
            limits.requireOnePausedMore(known(id), sandboxes.values());
        }
        return earlier;
    }

    /** Lets a lost sandbox go back to a record of {@link #earlier}; returns false if its checkpoint is no longer to be kept. */
    boolean goBack(SandboxRecord earlier) {
        SandboxState lost = known(earlier.id());
        boolean isKept = lost.pauses().older().isPresent();
        if (isKept) {
            sandboxes.replace(
                    earlier.id(), new SandboxState(earlier, lost.times().nanos(earlier.ends())));
        }
        return isKept;
    }

    void setTimeout(SandboxId id, Duration timeout, long nowNanos) {
        find(id).ifPresent(state -> state.setTimeout(timeout, nowNanos));
    }

    void extend(SandboxId id, Duration timeout, long nowNanos) {
        find(id).ifPresent(state -> state.extend(timeout, nowNanos));
    }

    /** Records that nothing is left of a sandbox that ended. */
    void released(SandboxId id) {
        known(id).released();
    }

    /** Admits no more sandboxes, and resumes none. */
    void stop() {
        stopped = true;
    }

    /** Returns the next step that is due by its time, which counts as taken; empty if there is none. */
    Optional<SandboxStep> next(long nowNanos) {
        forget(nowNanos);
        for (SandboxState state : sandboxes.values()) {
            Optional<SandboxStep> step = state.next(() -> mayPause(state), nowNanos);
            if (step.isPresent()) {
                return step;
            }
        }
        return Optional.empty();
    }

    /** Returns the time until a step is due; {@link #NEVER} if none will be without an event. */
    Duration untilNext(long nowNanos) {
        return sandboxes.values().stream()
                .map(state -> state.untilNext(nowNanos))
                .min(Comparator.naturalOrder())
                .orElse(NEVER);
    }

    /** Returns whether no more sandboxes are admitted, and those that are left are paused. */
    boolean isOver() {
        return stopped && unfinished().findAny().isEmpty();
    }

    /** Returns whether the sandbox lives and no end has been decided for it. */
    boolean isToGoOn(SandboxId id) {
        return find(id).filter(SandboxState::isToGoOn).isPresent();
    }

    Optional<SandboxState> find(SandboxId id) {
        return Optional.ofNullable(sandboxes.get(id));
    }

    /** Returns the sandboxes of an owner that may have files on the disk. */
    Stream<SandboxState> stored(String owner) {
        return of(owner).filter(state -> !state.isGone());
    }

    /** Returns the sandboxes of an owner, the newest first. */
    Stream<SandboxState> of(String owner) {
        return newestFirst().filter(state -> state.owner().equals(owner));
    }

    /** Returns the sandboxes that have not ended, the newest first. */
    Stream<SandboxState> living() {
        return newestFirst().filter(state -> state.phase() != SandboxPhase.ENDED);
    }

    /** Returns the number of sandboxes that have a machine, or will get one. */
    int size() {
        return (int) holding().count();
    }

    /** Returns the number of sandboxes that are paused, or may be after the step that is under way. */
    int sizePaused() {
        return SandboxLimits.countPaused(sandboxes.values());
    }

    private boolean mayPause(SandboxState state) {
        return limits.allowOnePausedMore(state, sandboxes.values());
    }

    /** Returns the most that the files of its owner may take; empty if there is no limit. */
    Optional<Long> diskBytes(SandboxId id) {
        return limits.owner(known(id)).diskBytes();
    }

    /** Returns the sandboxes that have a machine or will get one, and those that ended of which something is left. */
    Stream<SandboxState> unfinished() {
        return sandboxes.values().stream()
                .filter(state -> state.isHolding() || (state.phase() == SandboxPhase.ENDED && !state.isOver()));
    }

    private Stream<SandboxState> holding() {
        return sandboxes.values().stream().filter(SandboxState::isHolding);
    }

    private void forget(long nowNanos) {
        sandboxes.values().removeIf(state -> state.isGone() && hasEndedFor(state, REMEMBERED, nowNanos));
        List<SandboxState> ended = sandboxes.values().stream()
                .filter(SandboxState::isGone)
                .sorted(Comparator.comparing(
                                (SandboxState state) -> !state.end().equals(FAILED))
                        .thenComparingLong(SandboxState::endsNanos))
                .toList();
        ended.subList(0, Math.max(0, ended.size() - MOST_ENDED)).forEach(state -> sandboxes.remove(state.id()));
    }

    private static boolean hasEndedFor(SandboxState state, Duration time, long nowNanos) {
        return state.isOver() && nowNanos - state.endsNanos() > time.toNanos();
    }

    private Stream<SandboxState> newestFirst() {
        return new ArrayList<>(sandboxes.values()).reversed().stream();
    }

    private SandboxState known(SandboxId id) {
        return requireNonNull(sandboxes.get(id), () -> "no sandbox " + id);
    }
}

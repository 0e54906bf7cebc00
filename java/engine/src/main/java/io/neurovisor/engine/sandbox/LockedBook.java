package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.VmStart;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Lock;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;

/** The book of sandboxes under one lock, with their machines and the calls that wait for them. */
final class LockedBook {
    /** The longest wait of a call for a sandbox that is being created, saved, resumed or killed. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    private final Ticker ticker;
    private final InstantSource clock;
    private final Lock lock;

    // Guarded by the lock.
    private final SandboxBook book;
    private final Map<SandboxId, LivingSandbox> living = new HashMap<>();
    private final Map<SandboxId, CompletableFuture<Void>> saves = new HashMap<>();

    /**
     * A sandbox at one moment.
     *
     * @param saves how often a save has begun
     * @param living empty once its end is complete
     * @param save completes when the save that is under way has ended, or exceptionally with the reason why it failed
     */
    record View(
            SandboxRecord record,
            SandboxPhase phase,
            int saves,
            Optional<LivingSandbox> living,
            Optional<CompletableFuture<Void>> save) {
        SandboxId id() {
            return record.id();
        }

        boolean hasEnded() {
            return phase == SandboxPhase.ENDED;
        }

        /** Returns its machine, if it runs. */
        Optional<LivingSandbox.Home> home() {
            return phase == SandboxPhase.RUNNING ? living.flatMap(LivingSandbox::homeNow) : Optional.empty();
        }
    }

    /**
     * What a caller has asked for.
     *
     * @param begins whether that begins now, so that the caller does it
     * @param view the sandbox at that moment, with the promise of its end
     */
    record Begun(boolean begins, View view) {}

    /**
     * What follows from the report of a step.
     *
     * @param view the sandbox after it
     * @param save the promise to those that wait for a save that has ended with it
     */
    record Report(Optional<SandboxStep> step, View view, CompletableFuture<Void> save) {
        /** Answers the callers that wait for a save which has ended. */
        void answer(Optional<NeuroVisorException> failure) {
            Optional<NeuroVisorException> reason =
                    view.hasEnded() ? Optional.of(SandboxFaults.endedMeanwhile(view.record(), failure)) : failure;
            reason.ifPresentOrElse(save::completeExceptionally, () -> save.complete(null));
        }
    }

    LockedBook(Sandboxes.Limits limits, Ticker ticker, InstantSource clock, Lock lock) {
        this.book = new SandboxBook(limits.most(), limits.mostPaused());
        this.ticker = ticker;
        this.clock = clock;
        this.lock = lock;
    }

    /** Adds sandboxes of other processes, which have ended or are paused. */
    void remember(List<SandboxRecord> records) {
        read(all -> {
            for (SandboxRecord record : records) {
                Duration past = Duration.between(record.ends(), clock.instant());
                all.remember(record, ticker.nanos() - past.toNanos());
                if (record.isPaused() || record.older().isPresent()) {
                    living.put(record.id(), new LivingSandbox());
                }
            }
            return records;
        });
    }

    /**
     * Adds a sandbox; returns the id of the one that the owner has created with the same key before, if there is one.
     *
     * @param id of the new one
     */
    SandboxId create(SandboxId id, SandboxSpec spec, SandboxOwner owner) {
        return change((all, nowNanos) -> spec.idempotencyKey()
                .flatMap(key -> all.created(owner.name(), key, nowNanos))
                .map(SandboxState::id)
                .orElseGet(() -> {
                    all.create(id, spec, owner, clock.instant(), nowNanos);
                    living.put(id, new LivingSandbox());
                    return id;
                }));
    }

    /** Applies an event at the current time. */
    <T> T change(BiFunction<SandboxBook, Long, T> event) {
        lock.lock();
        try {
            return event.apply(book, ticker.nanos());
        } finally {
            lock.unlock();
        }
    }

    <T> T read(Function<SandboxBook, T> reading) {
        return change((all, _) -> reading.apply(all));
    }

    Optional<View> find(SandboxId id) {
        return read(all -> all.find(id).map(this::view));
    }

    List<View> list(Function<SandboxBook, Stream<SandboxState>> selection) {
        return read(all -> selection.apply(all).map(this::view).toList());
    }

    private View view(SandboxState state) {
        SandboxId id = state.id();
        return new View(
                state.record(),
                state.phase(),
                state.pauses().begun(),
                Optional.ofNullable(living.get(id)),
                state.phase().isSaving()
                        ? Optional.of(saves.computeIfAbsent(id, _ -> new CompletableFuture<>()))
                        : Optional.empty());
    }

    /** Returns the starts of the machines of an owner's sandboxes. */
    Map<SandboxId, VmStart.Restore> starts(String owner) {
        Map<SandboxId, VmStart.Restore> starts = new HashMap<>();
        list(all -> all.of(owner))
                .forEach(view -> view.living()
                        .flatMap(LivingSandbox::homeNow)
                        .map(home -> home.machine().start())
                        .filter(VmStart.Restore.class::isInstance)
                        .ifPresent(start -> starts.put(view.id(), (VmStart.Restore) start)));
        return starts;
    }

    /** Records that a sandbox gets no machine. */
    View failed(SandboxId id, NeuroVisorException failure) {
        return change((all, nowNanos) -> {
            all.failed(id, String.valueOf(failure.getMessage()), nowNanos);
            return forgetLiving(all, id);
        });
    }

    /** Records that nothing is left of a sandbox that ended. */
    View released(SandboxId id) {
        return read(all -> {
            all.released(id);
            return forgetLiving(all, id);
        });
    }

    /** Records that no checkpoint is left of a lost sandbox. */
    View discarded(SandboxId id) {
        return read(all -> forgetLiving(all, id));
    }

    /** Begins to pause a sandbox if it runs. */
    Begun pause(SandboxId id, PauseReason reason) {
        return change((all, _) -> new Begun(all.pause(id, reason).isPresent(), view(all, id)));
    }

    /** Begins to save a sandbox for copies if it runs. */
    Begun copy(SandboxId id) {
        return change((all, _) -> new Begun(all.copy(id), view(all, id)));
    }

    /**
     * Begins to resume a sandbox if it is paused.
     *
     * @param extension the least time that it has then
     */
    Begun resume(SandboxId id, SandboxOwner owner, Optional<Duration> extension) {
        return change((all, nowNanos) -> {
            boolean begins = all.resume(id, owner, nowNanos);
            extension.ifPresent(timeout -> all.extend(id, timeout, nowNanos));
            return new Begun(begins, view(all, id));
        });
    }

    /** Applies the report of a step at the current time. */
    Report report(SandboxId id, BiFunction<SandboxBook, Long, Optional<SandboxStep>> event) {
        return change((all, nowNanos) -> {
            Optional<SandboxStep> step = event.apply(all, nowNanos);
            SandboxState state = all.find(id).orElseThrow();
            if (state.phase() == SandboxPhase.PAUSED) {
                living.put(id, new LivingSandbox()); // Of its next machine.
            }
            // Within the lock, so that the next save has a promise of its own.
            Optional<CompletableFuture<Void>> save =
                    state.phase().isSaving() ? Optional.empty() : Optional.ofNullable(saves.remove(id));
            return new Report(step, view(state), save.orElseGet(CompletableFuture::new));
        });
    }

    private View forgetLiving(SandboxBook all, SandboxId id) {
        living.remove(id);
        return view(all, id);
    }

    private View view(SandboxBook all, SandboxId id) {
        return view(all.find(id).orElseThrow());
    }

    /** Returns a sandbox that runs; waits as {@link #settled}, and throws if it is paused. */
    View running(SandboxId id) {
        View view = settled(id, longestWait());
        if (view.phase() == SandboxPhase.PAUSED) {
            throw SandboxFaults.paused(id);
        }
        return view;
    }

    /**
     * Waits while a sandbox is being created, saved or resumed. Returns it if it runs or is paused; throws why it was not created
     * or resumed, how it ended, or that this takes too long.
     */
    View settled(SandboxId id, Deadline end) {
        View view = require(id);
        while (view.phase().isPassing()) {
            if (view.phase().isSaving()) {
                view = passed(view, end); // If that fails, the sandbox runs on.
            } else {
                LivingSandbox.await(view, LivingSandbox::settled, end.remaining());
                view = require(id);
            }
        }
        return view;
    }

    /** Waits until what is under way for a sandbox has succeeded or failed, and returns the sandbox then. */
    View passed(View view, Deadline end) {
        LivingSandbox.await(
                view, living -> view.save().orElse(living.settled()).handle((_, _) -> null), end.remaining());
        return require(view.id());
    }

    /** Returns a sandbox that has not ended; throws how it ended. */
    View require(SandboxId id) {
        View view = find(id).orElseThrow(() -> SandboxFaults.unknown(id));
        if (view.hasEnded()) {
            throw SandboxFaults.ended(view.record());
        }
        return view;
    }

    /** Returns the time until which a call waits from now on. */
    Deadline longestWait() {
        return Deadline.after(LONGEST_WAIT, ticker);
    }

    /** Waits until nothing of sandboxes that end is left; throws if that takes longer than a call waits. */
    void awaitReleases(Stream<SandboxId> ids) {
        Deadline end = longestWait();
        Optional<NeuroVisorException> late = Optional.empty();
        List<View> views = ids.flatMap(id -> find(id).stream())
                .filter(view -> view.phase() != SandboxPhase.PAUSED)
                .toList();
        for (View view : views) {
            try {
                LivingSandbox.await(view, LivingSandbox::released, end.remaining());
            } catch (NeuroVisorException failure) {
                late = late.or(() -> Optional.of(failure));
            }
        }
        if (late.isPresent()) {
            throw late.get();
        }
    }
}

package io.neurovisor.engine.sandbox;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Lock;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;

/** The book of sandboxes under one lock, with their machines and the calls that wait for them. */
final class LockedBook {
    /** The longest wait of a call for a sandbox that is being created or killed. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    private final Ticker ticker;
    private final InstantSource clock;
    private final Lock lock;

    // Guarded by the lock.
    private final SandboxBook book;
    private final Map<SandboxId, LivingSandbox> living = new HashMap<>();

    /** A sandbox at one moment; {@code living} until its machine is killed. */
    record View(SandboxRecord record, SandboxPhase phase, Optional<LivingSandbox> living) {
        boolean hasEnded() {
            return phase == SandboxPhase.ENDED;
        }

        /** Returns its machine, if it runs. */
        Optional<LivingSandbox.Home> home() {
            return phase == SandboxPhase.RUNNING ? living.flatMap(LivingSandbox::homeNow) : Optional.empty();
        }
    }

    LockedBook(int most, Ticker ticker, InstantSource clock, Lock lock) {
        this.book = new SandboxBook(most);
        this.ticker = ticker;
        this.clock = clock;
        this.lock = lock;
    }

    void remember(List<SandboxRecord> ended) {
        read(all -> {
            ended.forEach(record -> all.remember(
                    record,
                    ticker.nanos()
                            - Duration.between(record.ends(), clock.instant()).toNanos()));
            return ended;
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
        return new View(state.record(), state.phase(), Optional.ofNullable(living.get(state.id())));
    }

    /** Records that a sandbox gets no machine. */
    View failed(SandboxId id, NeuroVisorException failure) {
        return change((all, nowNanos) -> {
            all.failed(id, String.valueOf(failure.getMessage()), nowNanos);
            return forgetLiving(all, id);
        });
    }

    /** Records that the machine of a sandbox that ended is killed. */
    View released(SandboxId id) {
        return read(all -> {
            all.released(id);
            return forgetLiving(all, id);
        });
    }

    private View forgetLiving(SandboxBook all, SandboxId id) {
        living.remove(id);
        return view(all.find(id).orElseThrow());
    }

    /** Waits until a sandbox runs; throws if it has ended or takes longer than a call waits. */
    View running(SandboxId id) {
        View view = find(id).orElseThrow(() -> SandboxFaults.unknown(id));
        if (view.phase().isPassing()) {
            await(view, LivingSandbox::settled, LONGEST_WAIT);
            view = find(id).orElseThrow(() -> SandboxFaults.unknown(id));
        }
        if (view.hasEnded()) {
            throw SandboxFaults.ended(view.record());
        }
        return view;
    }

    /** Waits until the machines of sandboxes that end are killed; throws if that takes longer than a call waits. */
    void awaitReleases(List<View> views) {
        Deadline end = Deadline.after(LONGEST_WAIT, ticker);
        Optional<NeuroVisorException> late = Optional.empty();
        for (View view : views) {
            try {
                await(view, LivingSandbox::released, end.remaining());
            } catch (NeuroVisorException failure) {
                late = late.or(() -> Optional.of(failure));
            }
        }
        if (late.isPresent()) {
            throw late.get();
        }
    }

    /** Waits for an event of a sandbox; throws its failure, or {@code SANDBOX_BUSY} if it does not happen in time. */
    static void await(View view, Function<LivingSandbox, CompletableFuture<Void>> event, Duration limit) {
        SandboxId id = view.record().id();
        try {
            if (view.living().isPresent()) {
                event.apply(view.living().get()).get(limit.toNanos(), TimeUnit.NANOSECONDS);
            }
        } catch (TimeoutException exception) {
            throw SandboxFaults.busy(id, view.phase());
        } catch (ExecutionException exception) {
            throw SandboxFaults.notCreated(requireNonNull(exception.getCause(), "no cause"));
        } catch (InterruptedException exception) {
            throw SandboxFaults.interrupted(id, exception);
        }
    }
}

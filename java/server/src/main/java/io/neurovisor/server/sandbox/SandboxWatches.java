package io.neurovisor.server.sandbox;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.report.SandboxListener;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Passes the events of sandboxes to the watches of their owners. Thread-safe. */
public final class SandboxWatches implements SandboxListener, AutoCloseable {
    static final int MOST_OF_AN_OWNER = 32;

    private final InstantSource clock;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final Map<String, List<SandboxWatch>> byOwner = new HashMap<>();

    @GuardedBy("lock")
    private boolean closed;

    public SandboxWatches(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * Begins a watch over the sandboxes of an owner. Must be closed.
     *
     * @throws NeuroVisorException {@code WATCH_LIMIT} if the owner has 32 watches
     */
    SandboxWatch open(String owner) {
        synchronized (lock) {
            List<SandboxWatch> watches = byOwner.computeIfAbsent(owner, _ -> new ArrayList<>());
            if (closed) {
                throw SandboxWatch.stopping();
            }
            if (watches.size() >= MOST_OF_AN_OWNER) {
                throw new NeuroVisorException(
                        Fault.WATCH_LIMIT,
                        "%s watches its sandboxes %d times, which is the limit; end a watch and try again"
                                .formatted(owner, watches.size()));
            }
            SandboxWatch watch = new SandboxWatch(ended -> remove(owner, ended));
            watches.add(watch);
            return watch;
        }
    }

    private void remove(String owner, SandboxWatch watch) {
        synchronized (lock) {
            byOwner.computeIfPresent(owner, (_, watches) -> {
                watches.remove(watch);
                return watches.isEmpty() ? null : watches;
            });
        }
    }

    @Override
    public void created(Sandbox sandbox) {
        report(sandbox.record(), SandboxChange.Kind.CREATED, Optional.empty());
    }

    @Override
    public void timeoutSet(Sandbox sandbox) {
        report(sandbox.record(), SandboxChange.Kind.TIMEOUT_SET, Optional.empty());
    }

    @Override
    public void paused(Sandbox sandbox) {
        report(sandbox.record(), SandboxChange.Kind.PAUSED, Optional.empty());
    }

    @Override
    public void resumed(Sandbox sandbox) {
        report(sandbox.record(), SandboxChange.Kind.RESUMED, Optional.empty());
    }

    @Override
    public void forked(Sandbox source) {
        report(source.record(), SandboxChange.Kind.FORKED, Optional.empty());
    }

    @Override
    public void ended(SandboxRecord record, SandboxEnd end, String detail) {
        report(record, SandboxChange.Kind.ENDED, Optional.of(end));
    }

    private void report(SandboxRecord record, SandboxChange.Kind kind, Optional<SandboxEnd> end) {
        SandboxChange change = new SandboxChange(clock.instant(), record.id(), kind, end);
        synchronized (lock) {
            byOwner.getOrDefault(record.owner(), List.of()).forEach(watch -> watch.add(change));
        }
    }

    /** Ends all watches, with {@code STOPPING}, once they have delivered what they hold. */
    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            byOwner.values().forEach(watches -> watches.forEach(SandboxWatch::stop));
        }
    }
}

package io.neurovisor.bench.endurance.sandbox;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.sandbox.SandboxClient;
import io.neurovisor.server.client.sandbox.SandboxRequest;
import io.neurovisor.server.client.sandbox.SandboxView;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * A sandbox that a client has asked for, and what the client has done that can end it. Used by one thread at a time.
 *
 * @see #complaint
 */
final class UsedSandbox {
    private static final String TOKEN = "endurance";

    /** The daemon's clock and that of the time-out may differ by this much. */
    private static final Duration SLACK = Duration.ofSeconds(1);

    /** The longest time in which a client resumes it, as for commands. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final String key;
    private final Duration life;
    private final boolean diesWithFirstDaemon;
    private Optional<String> id;
    private boolean mayBePaused;
    private boolean killed;
    private boolean expires;
    private boolean left;

    private UsedSandbox(String key, Duration life, boolean diesWithFirstDaemon, Optional<String> id) {
        this.key = key;
        this.life = life;
        this.diesWithFirstDaemon = diesWithFirstDaemon;
        this.id = id;
    }

    /**
     * A sandbox that is asked for.
     *
     * @param token is part of its record, so that it is found even if its client did not receive its id
     * @param diesWithFirstDaemon whether it was asked for before the daemon was killed
     */
    UsedSandbox(String token, Duration life, boolean diesWithFirstDaemon) {
        this(token, life, diesWithFirstDaemon, Optional.empty());
    }

    /** Returns a copy of this sandbox whose id the client has received. */
    UsedSandbox copy(String copyId) {
        return new UsedSandbox(copyId, life, diesWithFirstDaemon, Optional.of(copyId));
    }

    /** Returns a copy of this sandbox whose id the client has not received. */
    UsedSandbox unknownCopy() {
        return new UsedSandbox(key, life, diesWithFirstDaemon, Optional.empty());
    }

    /** Returns the name under which it is accounted for: its token, or its id if it is a copy. */
    String key() {
        return key;
    }

    /** Returns the token in the record of a sandbox, if one of a run has asked for it or for that of which it is a copy. */
    static Optional<String> token(SandboxRecord record) {
        return Optional.ofNullable(record.spec().metadata().get(TOKEN));
    }

    void create(SandboxClient client) {
        received(client.create(new SandboxRequest(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(life),
                        Map.of(),
                        Map.of(TOKEN, key),
                        Optional.empty(),
                        Optional.empty()))
                .id());
    }

    /** Records that the client has received its id. */
    void received(String itsId) {
        id = Optional.of(itsId);
    }

    /** Returns the id of a sandbox that was created. */
    String id() {
        return id.orElseThrow();
    }

    boolean isCreated() {
        return id.isPresent();
    }

    void pause(SandboxClient client) {
        mayBePaused = true;
        SandboxView _ = client.pause(id());
    }

    /** Resumes it if it may be paused. The daemon limits how long a call waits for that, so the call is repeated. */
    void awake(SandboxClient client) {
        Deadline end = Deadline.after(PATIENCE, Ticker.SYSTEM);
        while (mayBePaused) {
            try {
                SandboxView _ = client.connect(id());
                mayBePaused = false;
            } catch (NeuroVisorException failure) {
                if (failure.fault() != Fault.SANDBOX_BUSY || end.hasPassed()) {
                    throw failure;
                }
            }
        }
    }

    Duration life() {
        return life;
    }

    void kill(SandboxClient client) {
        killed = true;
        boolean _ = client.kill(id());
    }

    /** Sets the rest of its life. */
    void expire(SandboxClient client, Duration rest) {
        expires = true;
        SandboxView _ = client.setTimeout(id(), rest);
    }

    /** Leaves it to the end of its daemon. */
    void leave() {
        left = true;
    }

    /** Returns what is wrong with its recorded end or pause, or empty if something was done that explains it. */
    Optional<String> complaint(SandboxRecord record) {
        if (record.isPaused()) {
            return left || !isCreated()
                    ? Optional.empty()
                    : Optional.of("sandbox " + record.id().value() + " is paused without a cause");
        }
        return record.end()
                .map(end -> isExplained(end, Duration.between(record.created(), record.ends()))
                        ? Optional.<String>empty()
                        : Optional.of("sandbox " + record.id().value() + " ended as " + end + " without a cause: "
                                + record.endDetail()))
                .orElseGet(() -> Optional.of("sandbox " + record.id().value() + " has no end"));
    }

    private boolean isExplained(SandboxEnd end, Duration lived) {
        return switch (end) {
            case KILLED -> killed;
            case TIMED_OUT -> expires || lived.plus(SLACK).compareTo(life) >= 0;
            // The report compares their number with that of the killed machines.
            case DIED -> true;
            case FAILED -> !isCreated();
            case LOST -> diesWithFirstDaemon;
            case SHUTDOWN -> left || !isCreated();
            case OUT_OF_MEMORY, REVOKED, KEY_EXPIRED -> false;
        };
    }
}

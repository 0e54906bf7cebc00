package io.neurovisor.bench.endurance.sandbox;

import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.server.client.sandbox.SandboxClient;
import io.neurovisor.server.client.sandbox.SandboxRequest;
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

    private final String token;
    private final Duration life;
    private final boolean diesWithFirstDaemon;
    private Optional<String> id = Optional.empty();
    private boolean killed;
    private boolean expires;
    private boolean left;

    /**
     * @param token is part of its record, so that it is found even if its client did not receive its id
     * @param diesWithFirstDaemon whether it was asked for before the daemon was killed
     */
    UsedSandbox(String token, Duration life, boolean diesWithFirstDaemon) {
        this.token = token;
        this.life = life;
        this.diesWithFirstDaemon = diesWithFirstDaemon;
    }

    String token() {
        return token;
    }

    /** Returns the token in the record of a sandbox, if one of a run has asked for it. */
    static Optional<String> token(SandboxRecord record) {
        return Optional.ofNullable(record.spec().metadata().get(TOKEN));
    }

    void create(SandboxClient client) {
        id = Optional.of(client.create(new SandboxRequest(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(life),
                        Map.of(),
                        Map.of(TOKEN, token),
                        Optional.empty(),
                        Optional.empty()))
                .id());
    }

    /** Returns the id of a sandbox that was created. */
    String id() {
        return id.orElseThrow();
    }

    boolean isCreated() {
        return id.isPresent();
    }

    void kill(SandboxClient client) {
        killed = true;
        boolean _ = client.kill(id());
    }

    /** Sets the rest of its life. */
    void expire(SandboxClient client, Duration rest) {
        expires = true;
        client.setTimeout(id(), rest);
    }

    /** Leaves it to the end of its daemon. */
    void leave() {
        left = true;
    }

    /** Returns what is wrong with its recorded end or pause, or empty if something was done that explains it. */
    Optional<String> complaint(SandboxRecord record) {
        if (record.isPaused()) {
            return left
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
            case SHUTDOWN -> left;
            case OUT_OF_MEMORY, REVOKED, KEY_EXPIRED -> false;
        };
    }
}

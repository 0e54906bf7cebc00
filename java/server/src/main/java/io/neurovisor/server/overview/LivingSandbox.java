package io.neurovisor.server.overview;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.sandbox.Sandbox;
import java.time.Instant;
import java.util.Locale;

/**
 * A sandbox that has not ended.
 *
 * @param owner such as {@code key:ci}
 * @param ends when its time-out passes
 */
public record LivingSandbox(String id, String owner, String state, Instant created, Instant ends) {
    static final int MOST_SHOWN = 50;

    public LivingSandbox {
        requireNonNull(id, "id is null");
        requireNonNull(owner, "owner is null");
        requireNonNull(state, "state is null");
        requireNonNull(created, "created is null");
        requireNonNull(ends, "ends is null");
    }

    public static LivingSandbox of(Sandbox sandbox) {
        return new LivingSandbox(
                sandbox.id().value(),
                sandbox.record().owner(),
                sandbox.phase().name().toLowerCase(Locale.ROOT),
                sandbox.record().created(),
                sandbox.record().ends());
    }
}

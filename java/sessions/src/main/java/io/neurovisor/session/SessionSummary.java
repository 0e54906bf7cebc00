package io.neurovisor.session;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * The summary of a session.
 *
 * @param task of its first run
 * @param model of its last run
 * @param used when it was last used
 * @param state of its last run
 */
public record SessionSummary(
        SessionId id,
        SessionOwner owner,
        String task,
        String model,
        Instant begun,
        Instant used,
        int runs,
        RunState state) {
    public SessionSummary {
        requireNonNull(id, "id is null");
        requireNonNull(owner, "owner is null");
        requireNonNull(task, "task is null");
        requireNonNull(model, "model is null");
        requireNonNull(begun, "begun is null");
        requireNonNull(used, "used is null");
        requireNonNull(state, "state is null");
    }
}

package io.neurovisor.session;

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
        RunState state) {}

package io.neurovisor.session;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A recorded conversation of at least one run; each run continues the one before.
 *
 * @param sandbox in which the code of its last run was executed; empty if each program had a fresh machine
 */
public record RecordedSession(
        SessionId id,
        SessionOwner owner,
        Instant begun,
        Instant used,
        Optional<String> sandbox,
        List<RecordedRun> runs) {
    public RecordedSession {
        runs = List.copyOf(runs);
    }
}

package io.neurovisor.session;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;

/** A recorded conversation of at least one run; each run continues the one before. */
public record RecordedSession(SessionId id, SessionOwner owner, Instant begun, Instant used, List<RecordedRun> runs) {
    public RecordedSession {
        requireNonNull(id, "id is null");
        requireNonNull(owner, "owner is null");
        requireNonNull(begun, "begun is null");
        requireNonNull(used, "used is null");
        runs = List.copyOf(runs);
    }
}

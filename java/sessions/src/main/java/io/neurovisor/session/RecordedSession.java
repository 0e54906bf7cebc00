package io.neurovisor.session;

import java.time.Instant;
import java.util.List;

/** A recorded conversation of at least one run; each run continues the one before. */
public record RecordedSession(SessionId id, SessionOwner owner, Instant begun, Instant used, List<RecordedRun> runs) {
    public RecordedSession {
        runs = List.copyOf(runs);
    }
}

package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.trace.RequestTrace;
import io.neurovisor.server.trace.TraceIds;
import io.neurovisor.session.RecordedSession;
import io.neurovisor.session.SessionId;
import io.neurovisor.session.SessionRecorder;
import io.neurovisor.session.Sessions;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions that clients may continue. Whoever knows the id of one may do so, so it can neither be guessed, as the beginning
 * of one could be, nor is it a trace id, which a client may choose and model servers and collectors of traces are told.
 */
final class AgentHistory {
    private static final Logger LOG = LoggerFactory.getLogger(AgentHistory.class);
    private static final Pattern WHOLE_ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private final Optional<Sessions> sessions;

    /** @param sessions empty where nothing is kept */
    AgentHistory(Optional<Sessions> sessions) {
        this.sessions = requireNonNull(sessions, "sessions is null");
    }

    /** Empty where the client continues none. */
    Optional<RecordedSession> continued(String id) {
        if (id.isEmpty()) {
            return Optional.empty();
        }
        if (!WHOLE_ID.matcher(id).matches()) {
            throw NeuroVisorException.invalid(
                    "session",
                    "session is no id of a session; use the whole id that the first run's started event told");
        }
        Sessions kept = sessions.orElseThrow(() -> new NeuroVisorException(
                Fault.SESSION_UNKNOWN, "there is no session " + id + ": this server keeps none"));
        return Optional.of(kept.resumable(new SessionId(UUID.fromString(id))));
    }

    /** Empty where nothing of the run is kept. */
    Optional<SessionId> session(boolean isKept, Optional<RecordedSession> continued) {
        return sessions.filter(_ -> isKept)
                .map(_ -> continued
                        .map(RecordedSession::id)
                        .orElseGet(() -> new SessionId(TraceIds.next().value())));
    }

    /**
     * Records a run that begins now, under its trace id where that is ours; two runs may have one of a client's.
     *
     * @param isNew whether it is the session's first
     */
    SessionRecorder begin(SessionId id, boolean isNew, AgentTask task, String model) {
        RequestTrace trace = TraceInterceptor.current();
        AgentTask recorded = trace.isOurs() ? task : new AgentTask(TraceIds.next(), task.text(), task.history());
        LOG.info("recorded as {} of session {}", recorded.traceId(), id);
        Sessions kept = sessions.orElseThrow();
        return isNew ? kept.record(id, recorded, model) : kept.recordMore(id, recorded, model);
    }
}

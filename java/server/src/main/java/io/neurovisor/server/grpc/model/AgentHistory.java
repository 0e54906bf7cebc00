package io.neurovisor.server.grpc.model;

import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.grpc.TraceInterceptor;
import io.neurovisor.server.trace.RequestTrace;
import io.neurovisor.server.trace.TraceIds;
import io.neurovisor.session.RecordedSession;
import io.neurovisor.session.SessionId;
import io.neurovisor.session.SessionOwner;
import io.neurovisor.session.SessionRecorder;
import io.neurovisor.session.Sessions;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The recorded sessions of the tenant of the running call. Session ids are returned to this tenant only and never
 * logged.
 *
 * @param sessions empty if runs are not recorded
 */
record AgentHistory(Optional<Sessions> sessions) {
    private static final Logger LOG = LoggerFactory.getLogger(AgentHistory.class);
    private static final Pattern WHOLE_ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    /** Returns the tenant's session with this id; empty if the call does not continue a session. */
    Optional<RecordedSession> continued(String id) {
        if (id.isEmpty()) {
            return Optional.empty();
        }
        if (!WHOLE_ID.matcher(id).matches()) {
            throw NeuroVisorException.invalid(
                    "session",
                    "session is not a session id; use the complete id from the started event of its first run");
        }
        Sessions existing = sessions.orElseThrow(() -> new NeuroVisorException(
                Fault.SESSION_UNKNOWN, "there is no session " + id + ": this server does not record sessions"));
        return Optional.of(existing.resumable(owner(), new SessionId(UUID.fromString(id))));
    }

    /**
     * Starts to record a run. Its trace id is recorded if it was generated here, because clients may use an id twice.
     * Empty if runs are not recorded.
     */
    Optional<SessionRecorder> begin(Optional<RecordedSession> continued, AgentTask task, String model) {
        return sessions.map(existing -> {
            RequestTrace trace = TraceInterceptor.current();
            AgentTask recorded = trace.isOurs() ? task : new AgentTask(TraceIds.next(), task.text(), task.history());
            LOG.info("the run is recorded as {}", recorded.traceId());
            return existing.record(owner(), continued.map(RecordedSession::id), recorded, model);
        });
    }

    private static SessionOwner owner() {
        return switch (Tenant.ofCall()) {
            case Tenant.KeyHolder holder ->
                SessionOwner.key(
                        holder.key().grant().name().value(), holder.key().created());
            case Tenant.LocalUser user -> SessionOwner.user(user.uid());
            case Tenant.Loopback _ -> SessionOwner.LOOPBACK;
        };
    }
}

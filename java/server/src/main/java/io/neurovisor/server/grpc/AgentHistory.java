package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.access.Tenant;
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

/** The sessions of the tenant whose call is being served. Their ids are given to this tenant alone, and not logged. */
final class AgentHistory {
    private static final Logger LOG = LoggerFactory.getLogger(AgentHistory.class);
    private static final Pattern WHOLE_ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private final Optional<Sessions> sessions;

    /** @param sessions empty where nothing is kept */
    AgentHistory(Optional<Sessions> sessions) {
        this.sessions = requireNonNull(sessions, "sessions is null");
    }

    /** Returns the tenant's session that has the given id; empty for a call that continues none. */
    Optional<RecordedSession> continued(String id) {
        if (id.isEmpty()) {
            return Optional.empty();
        }
        if (!WHOLE_ID.matcher(id).matches()) {
            throw NeuroVisorException.invalid(
                    "session",
                    "session is not the id of a session; use the whole id in the started event of its first run");
        }
        Sessions kept = sessions.orElseThrow(() -> new NeuroVisorException(
                Fault.SESSION_UNKNOWN, "there is no session " + id + ": this server keeps none"));
        return Optional.of(kept.resumable(owner(), new SessionId(UUID.fromString(id))));
    }

    /**
     * Records a run that begins now, under its trace id where that is ours; two runs may have one of a client's. Empty where
     * nothing is kept.
     */
    Optional<SessionRecorder> begin(Optional<RecordedSession> continued, AgentTask task, String model) {
        return sessions.map(kept -> {
            RequestTrace trace = TraceInterceptor.current();
            AgentTask recorded = trace.isOurs() ? task : new AgentTask(TraceIds.next(), task.text(), task.history());
            LOG.info("recorded as {}", recorded.traceId());
            return kept.record(owner(), continued.map(RecordedSession::id), recorded, model);
        });
    }

    private static SessionOwner owner() {
        return switch (TenantExecutions.tenant()) {
            case Tenant.KeyHolder holder ->
                SessionOwner.key(
                        holder.key().grant().name().value(), holder.key().created());
            case Tenant.LocalUser user -> SessionOwner.user(user.uid());
            case Tenant.Loopback _ -> SessionOwner.LOOPBACK;
        };
    }
}

package io.neurovisor.cli.agent;

import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.server.agent.AgentSandbox;
import io.neurovisor.session.RecordedSession;
import io.neurovisor.session.SessionId;
import io.neurovisor.session.SessionOwner;
import io.neurovisor.session.SessionRecorder;
import io.neurovisor.session.Sessions;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Records a run in the sessions, unless {@code --no-history} is set. */
final class Recording implements AutoCloseable {
    private final @Nullable Sessions sessions;
    private @Nullable SessionRecorder recorder;

    private Recording(@Nullable Sessions sessions) {
        this.sessions = sessions;
    }

    /** Opens the database before the work begins, so that an unusable one is reported before a machine is started. */
    static Recording open(AgentOptions options) {
        return new Recording(
                options.isHistoryKept() ? History.open(options.guest().common()) : null);
    }

    /**
     * @param continued the session that the run continues
     * @param sandbox of the run, which is kept with the session
     */
    AgentListener begin(
            AgentTask task, String model, Optional<RecordedSession> continued, Optional<AgentSandbox> sandbox) {
        if (sessions == null) {
            return AgentListener.NONE;
        }
        SessionRecorder begun =
                sessions.record(SessionOwner.ofThisProcess(), continued.map(RecordedSession::id), task, model);
        recorder = begun;
        sandbox.ifPresent(kept -> {
            begun.sandbox(kept.id());
            kept.keep();
        });
        return begun;
    }

    /** Returns the session of the run; empty if none is recorded. */
    Optional<SessionId> session() {
        return Optional.ofNullable(recorder).map(SessionRecorder::session);
    }

    @Override
    public void close() {
        if (recorder != null) {
            recorder.close();
        }
        if (sessions != null) {
            sessions.close();
        }
    }
}

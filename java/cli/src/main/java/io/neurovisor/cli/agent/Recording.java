package io.neurovisor.cli.agent;

import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.session.SessionId;
import io.neurovisor.session.SessionOwner;
import io.neurovisor.session.SessionRecorder;
import io.neurovisor.session.Sessions;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Has a run recorded, unless the user wants none of it kept. */
final class Recording implements AutoCloseable {
    private final @Nullable Sessions sessions;
    private @Nullable SessionRecorder recorder;

    private Recording(@Nullable Sessions sessions) {
        this.sessions = sessions;
    }

    /** To be called before the work begins: a database that cannot be used is told without a machine started. */
    static Recording open(AgentOptions options) {
        return new Recording(
                options.isHistoryKept() ? History.open(options.guest().common()) : null);
    }

    /** @param continued the session that the run goes on with */
    AgentListener begin(AgentTask task, String model, Optional<SessionId> continued) {
        if (sessions == null) {
            return AgentListener.NONE;
        }
        recorder = sessions.record(SessionOwner.ofThisProcess(), continued, task, model);
        return recorder;
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

package io.neurovisor.server.agent;

import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.limits.SandboxSize;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** The sandboxes of the user or client for whom an agent runs. */
public interface AgentSandboxes {
    /**
     * A sandbox that an agent needs. It is paused, not killed, when its life is over.
     *
     * @param image empty for the usual one
     * @param labels by which it can be listed
     */
    record Wanted(SandboxSize size, Optional<String> image, Duration life, Map<String, String> labels) {
        public Wanted {
            labels = Map.copyOf(labels);
        }
    }

    /** Creates a sandbox and returns its id. */
    String create(Wanted wanted);

    /**
     * Resumes a sandbox if it is paused.
     *
     * @param life the least time that it has from now on
     * @throws io.neurovisor.engine.fault.NeuroVisorException {@code SANDBOX_UNKNOWN} if it has ended
     */
    void resume(String id, Duration life);

    /** Returns the interpreter of a sandbox that runs. */
    GuestInterpreter interpreter(String id);

    void pause(String id);

    void kill(String id);
}

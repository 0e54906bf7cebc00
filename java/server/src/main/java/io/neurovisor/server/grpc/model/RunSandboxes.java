package io.neurovisor.server.grpc.model;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.proto.agent.RunAgentRequest;
import io.neurovisor.server.access.AccessInterceptor;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.agent.AgentSandbox;
import io.neurovisor.server.agent.AgentSandboxes;
import io.neurovisor.server.grpc.TraceInterceptor;
import io.neurovisor.session.RecordedSession;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the sandboxes of stateful runs.
 *
 * @param sandboxes those of the running call; empty if the daemon has none
 */
record RunSandboxes(Optional<AgentSandboxes> sandboxes) {
    private static final Logger LOG = LoggerFactory.getLogger(RunSandboxes.class);

    /** Returns the sandbox of a run; empty if each of its programs needs a fresh machine. */
    Optional<AgentSandbox> open(
            RunAgentRequest request, Optional<RecordedSession> session, SandboxSize size, Duration time) {
        Optional<String> earlier = session.flatMap(RecordedSession::sandbox);
        if (earlier.isEmpty() && !request.getStateful()) {
            return Optional.empty();
        }
        AccessInterceptor.requireScope(Tenant.ofCall(), Scope.SANDBOX, "a stateful run");
        AgentSandboxes all = sandboxes.orElseThrow(() -> NeuroVisorException.invalid(
                "stateful",
                "stateful is not possible: this server has no sandboxes; start it with --max-sandboxes 1 or more"));
        return AgentSandbox.open(
                all,
                earlier,
                request.getStateful(),
                new AgentSandboxes.Wanted(
                        size,
                        Optional.of(request.getImage()).filter(image -> !image.isEmpty()),
                        time,
                        Map.of("agent_trace_id", TraceInterceptor.current().displayId())),
                LOG::warn);
    }
}

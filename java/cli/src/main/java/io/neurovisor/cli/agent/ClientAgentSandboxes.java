package io.neurovisor.cli.agent;

import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.server.agent.AgentSandboxes;
import io.neurovisor.server.client.sandbox.SandboxClient;
import io.neurovisor.server.client.sandbox.SandboxRequest;
import io.neurovisor.server.client.sandbox.SandboxView;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** The sandboxes of this user's daemon. */
record ClientAgentSandboxes(SandboxClient client) implements AgentSandboxes {
    @Override
    public String create(Wanted wanted) {
        return client.create(new SandboxRequest(
                        wanted.image(),
                        Optional.of(wanted.size().label()),
                        Optional.of(wanted.life()),
                        Map.of(),
                        wanted.labels(),
                        Optional.empty(),
                        Optional.empty(),
                        true,
                        true,
                        Optional.empty()))
                .id();
    }

    @Override
    public void resume(String id, Duration life) {
        SandboxView _ = client.connect(id, Optional.of(life), false);
    }

    @Override
    public GuestInterpreter interpreter(String id) {
        return client.interpreter(id);
    }

    @Override
    public void pause(String id) {
        SandboxView _ = client.pause(id);
    }

    @Override
    public void kill(String id) {
        boolean _ = client.kill(id);
    }
}

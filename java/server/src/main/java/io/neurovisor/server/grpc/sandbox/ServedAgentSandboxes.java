package io.neurovisor.server.grpc.sandbox;

import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.OnTimeout;
import io.neurovisor.server.agent.AgentSandboxes;
import java.time.Duration;
import java.util.Optional;

/** The sandboxes of the tenant of the running call, for its agents. */
public record ServedAgentSandboxes(SandboxCreator creator) implements AgentSandboxes {
    @Override
    public String create(Wanted wanted) {
        CreateRequest request = CreateRequest.newBuilder()
                .setTemplate(wanted.image().orElse(""))
                .setSize(wanted.size().label())
                .setTimeoutSecs(Math.toIntExact(wanted.life().toSeconds()))
                .setOnTimeout(OnTimeout.ON_TIMEOUT_PAUSE)
                .setAutoResume(true)
                .putAllMetadata(wanted.labels())
                .build();
        return creator.create(request).id().value();
    }

    @Override
    public void resume(String id, Duration life) {
        Sandbox _ = creator.sandboxes().connect(id, Optional.of(life), false);
    }

    @Override
    public GuestInterpreter interpreter(String id) {
        return creator.sandboxes().interpreter(creator.sandboxes().running(id));
    }

    @Override
    public void pause(String id) {
        Sandbox _ = creator.sandboxes().pause(id);
    }

    @Override
    public void kill(String id) {
        boolean _ = creator.sandboxes().kill(id);
    }
}

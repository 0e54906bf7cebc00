package io.neurovisor.tests.hostile.sandboxes;

import static java.util.Objects.requireNonNull;

import io.grpc.BindableService;
import io.neurovisor.engine.sandbox.Sandbox;
import java.util.List;
import java.util.Optional;

/**
 * An attack of a compromised guest agent on the host of its living sandbox, with the expected end.
 *
 * @param services with which the agent answers
 * @param client what a client of the sandbox does; it throws whatever its calls throw
 * @param reason a part of the reason for which the sandbox must die; empty if the attack is bounded, so that it must not
 */
record SandboxAttack(String name, List<BindableService> services, Client client, Optional<String> reason) {
    /** Uses a sandbox while its agent attacks. */
    @FunctionalInterface
    interface Client {
        void use(Sandbox sandbox, CompromisedAgent agent);
    }

    SandboxAttack {
        requireNonNull(name, "name is null");
        requireNonNull(client, "client is null");
        services = List.copyOf(services);
    }

    /** Returns an attack that no honest agent makes: the sandbox dies for this reason. */
    static SandboxAttack deadly(String name, String reason, BindableService service, Client client) {
        return new SandboxAttack(name, List.of(new AdoptedGuest(), service), client, Optional.of(reason));
    }

    /** Returns an attack while no call is under way, as {@link #deadly}. */
    static SandboxAttack idle(String name, String reason, Client client) {
        Client idle = (sandbox, agent) -> {
            agent.awaitIdle();
            client.use(sandbox, agent);
        };
        return new SandboxAttack(name, List.of(new AdoptedGuest()), idle, Optional.of(reason));
    }

    /** Returns an attack that harms the sandbox alone, which the client asserts. */
    static SandboxAttack bounded(String name, List<BindableService> services, Client client) {
        return new SandboxAttack(name, services, client, Optional.empty());
    }

    @Override
    public String toString() {
        return name;
    }
}

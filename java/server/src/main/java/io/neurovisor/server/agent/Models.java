package io.neurovisor.server.agent;

import io.neurovisor.agent.model.Model;
import java.util.Optional;

/** Finds models by the names that requests give them. */
@FunctionalInterface
public interface Models {
    /**
     * Empty name: the usual model.
     *
     * @throws io.neurovisor.agent.model.ModelFailure with the command that mends it
     */
    Model open(Optional<String> name);
}

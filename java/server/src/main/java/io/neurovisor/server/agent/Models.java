package io.neurovisor.server.agent;

import io.neurovisor.agent.model.Model;
import java.util.Optional;

/** Opens models by the names in requests. */
@FunctionalInterface
public interface Models {
    /**
     * Opens a model.
     *
     * @param name empty for the default model
     * @throws io.neurovisor.agent.model.ModelFailure with the command that solves the problem
     */
    Model open(Optional<String> name);
}

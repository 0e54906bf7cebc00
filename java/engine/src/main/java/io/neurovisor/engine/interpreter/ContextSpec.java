package io.neurovisor.engine.interpreter;

import java.util.Map;
import java.util.Optional;

/**
 * A context to be created.
 *
 * @param language with a driver in the image of the sandbox
 * @param directory empty for that of the sandbox
 * @param environment added to the environment of the sandbox
 */
public record ContextSpec(String language, Optional<String> directory, Map<String, String> environment) {
    public ContextSpec {
        environment = Map.copyOf(environment);
    }
}

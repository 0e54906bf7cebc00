package io.neurovisor.engine.interpreter;

import java.util.List;

/**
 * The contexts of a sandbox in the order of their creation.
 *
 * @param languages those with a driver in the image
 */
public record ContextList(List<ContextInfo> contexts, List<String> languages) {
    public ContextList {
        contexts = List.copyOf(contexts);
        languages = List.copyOf(languages);
    }
}

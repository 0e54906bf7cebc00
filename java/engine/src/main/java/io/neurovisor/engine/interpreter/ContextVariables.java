package io.neurovisor.engine.interpreter;

import java.util.List;
import java.util.OptionalLong;

/**
 * The variables of a context, sorted by name.
 *
 * @param truncated whether some were left out
 */
public record ContextVariables(List<Variable> variables, boolean truncated) {
    public ContextVariables {
        variables = List.copyOf(variables);
    }

    /**
     * A variable.
     *
     * @param length of a string or a built-in container
     * @param shape of an array or a table; empty for others
     * @param text shortened; of other than built-in values the type
     */
    public record Variable(String name, String type, OptionalLong length, List<Long> shape, String text) {
        public Variable {
            shape = List.copyOf(shape);
        }
    }
}

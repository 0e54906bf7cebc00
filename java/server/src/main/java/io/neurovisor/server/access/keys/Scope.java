package io.neurovisor.server.access.keys;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** A part of the service that a key gives access to. */
public enum Scope {
    /** Running programs. */
    EXECUTE,
    /** Asking language models. */
    INFER,
    /** Agent runs, which ask models and run programs. */
    AGENT,
    /** Keeping sandboxes, with their processes and files. */
    SANDBOX,
    /** Reading the metrics and the status page, where the metrics port requires keys. */
    METRICS;

    /** Describes the allowed values, as the end of "use …". */
    public static final String ALLOWED =
            Arrays.stream(values()).map(Scope::label).collect(Collectors.joining(", "));

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Scope> named(String label) {
        return Arrays.stream(values())
                .filter(scope -> scope.label().equals(label))
                .findFirst();
    }
}

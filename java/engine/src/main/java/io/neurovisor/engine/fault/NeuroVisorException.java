package io.neurovisor.engine.fault;

import static java.util.Objects.requireNonNull;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A failure with its {@link Fault}; the message is one line that names the object, the value and the next step. */
public final class NeuroVisorException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final Fault fault;

    public NeuroVisorException(Fault fault, String message) {
        this(fault, message, null);
    }

    public NeuroVisorException(Fault fault, String message, @Nullable Throwable cause) {
        super(requireNonNull(message, "message is null"), cause);
        this.fault = requireNonNull(fault, "fault is null");
    }

    public Fault fault() {
        return fault;
    }
}

package io.neurovisor.engine.fault;

import static java.util.Objects.requireNonNull;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A failure with its {@link Fault}; the message is one line that names the object, the value and the next step. */
public final class NeuroVisorException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final Fault fault;
    private final String argument;

    public NeuroVisorException(Fault fault, String message) {
        this(fault, message, null);
    }

    public NeuroVisorException(Fault fault, String message, @Nullable Throwable cause) {
        this(fault, "", message, cause);
    }

    private NeuroVisorException(Fault fault, String argument, String message, @Nullable Throwable cause) {
        super(requireNonNull(message, "message is null"), cause);
        this.fault = requireNonNull(fault, "fault is null");
        this.argument = requireNonNull(argument, "argument is null");
    }

    /** Of one argument that is not allowed. */
    public static NeuroVisorException invalid(String argument, String message) {
        return new NeuroVisorException(Fault.INVALID_ARGUMENT, argument, message, null);
    }

    public Fault fault() {
        return fault;
    }

    /** Which argument is not allowed, by the name of the value's component; empty when it is none or not one. */
    public String argument() {
        return argument;
    }
}

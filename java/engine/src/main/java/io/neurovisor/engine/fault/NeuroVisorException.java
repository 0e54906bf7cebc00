package io.neurovisor.engine.fault;

import java.io.Serial;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A failure with its {@link Fault}; the message is one line that names the object, the value and the next step. */
public final class NeuroVisorException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final Fault fault;
    private final String argument;
    private final @Nullable Duration retryAfter;

    public NeuroVisorException(Fault fault, String message) {
        this(fault, message, null);
    }

    public NeuroVisorException(Fault fault, String message, @Nullable Throwable cause) {
        this(fault, "", message, null, cause);
    }

    private NeuroVisorException(
            Fault fault, String argument, String message, @Nullable Duration retryAfter, @Nullable Throwable cause) {
        super(message, cause);
        this.fault = fault;
        this.argument = argument;
        this.retryAfter = retryAfter;
    }

    /** Returns a fault for an argument with a value that is not allowed. */
    public static NeuroVisorException invalid(String argument, String message) {
        return new NeuroVisorException(Fault.INVALID_ARGUMENT, argument, message, null, null);
    }

    /** Returns a fault for a request that may be retried after a time. */
    public static NeuroVisorException later(Fault fault, String message, Duration retryAfter) {
        return new NeuroVisorException(fault, "", message, retryAfter, null);
    }

    /** Sets the thread's interrupt flag again and returns the fault for what was interrupted. */
    public static NeuroVisorException interrupted(String message, Throwable cause) {
        Thread.currentThread().interrupt();
        return new NeuroVisorException(Fault.INTERRUPTED, message, cause);
    }

    /** Returns the fault of an exception; {@code INTERNAL} for one that is not a NeuroVisorException. */
    public static Fault faultOf(Throwable failure) {
        return failure instanceof NeuroVisorException known ? known.fault() : Fault.INTERNAL;
    }

    public Fault fault() {
        return fault;
    }

    /**
     * Returns the argument that is not allowed, named as the component of the request; empty if it is unknown or there
     * is none.
     */
    public String argument() {
        return argument;
    }

    /** Returns the time after which the same request may succeed, if it is known. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}

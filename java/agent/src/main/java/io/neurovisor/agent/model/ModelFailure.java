package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

import java.io.Serial;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Thrown when a model gives no complete reply. The message is one line with server, value and next step. */
public final class ModelFailure extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** The reason for the failure. */
    public enum Reason {
        /** The address cannot be reached, or nothing listens there. */
        UNREACHABLE,
        /** The server is overloaded: 429 or 503. */
        BUSY,
        /** The server failed for another reason. */
        SERVER_ERROR,
        /** The reply ended before it was complete. */
        BROKEN_STREAM,
        /** The server sent nothing until a timeout. */
        STALLED,
        MODEL_MISSING,
        TOOLS_UNSUPPORTED,
        /** The server rejected the request, or its reply is invalid. */
        REFUSED,
        CANCELLED,
        /** The timeout of the whole reply expired. */
        OUT_OF_TIME,
        /** The caller is not admitted now, so no request was sent; the cause says why. */
        NOT_ADMITTED;

        /** Returns whether a retry may succeed. */
        public boolean isTransient() {
            return switch (this) {
                case UNREACHABLE, BUSY, SERVER_ERROR, BROKEN_STREAM -> true;
                case STALLED, MODEL_MISSING, TOOLS_UNSUPPORTED, REFUSED, CANCELLED, OUT_OF_TIME, NOT_ADMITTED -> false;
            };
        }
    }

    private final Reason reason;
    private final Duration retryAfter;

    public ModelFailure(Reason reason, String message) {
        this(reason, message, Duration.ZERO, null);
    }

    public ModelFailure(Reason reason, String message, @Nullable Throwable cause) {
        this(reason, message, Duration.ZERO, cause);
    }

    /** @param retryAfter the delay that the server requests before a retry; zero if it requests none */
    public ModelFailure(Reason reason, String message, Duration retryAfter, @Nullable Throwable cause) {
        super(requireNonNull(message, "message is null"), cause);
        this.reason = requireNonNull(reason, "reason is null");
        this.retryAfter = requireNonNull(retryAfter, "retryAfter is null");
    }

    public Reason reason() {
        return reason;
    }

    public Duration retryAfter() {
        return retryAfter;
    }

    /** Returns the message, which is never null. */
    public String explanation() {
        return String.valueOf(getMessage());
    }
}

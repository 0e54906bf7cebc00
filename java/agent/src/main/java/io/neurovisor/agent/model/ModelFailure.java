package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

import java.io.Serial;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A reply that did not come. The message is one line that names server, value and next step. */
public final class ModelFailure extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** Why there is no reply. */
    public enum Reason {
        /** Nothing listens at the address, or the network does not lead there. */
        UNREACHABLE,
        /** No room now: 429 or 503. */
        BUSY,
        /** Another failure of the server's own. */
        SERVER_ERROR,
        /** The reply began and did not end as it should. */
        BROKEN_STREAM,
        /** Nothing came for too long. */
        STALLED,
        MODEL_MISSING,
        TOOLS_UNSUPPORTED,
        /** The server does not want the request as it is. */
        REFUSED,
        CANCELLED,
        /** The time that the whole reply may take is over. */
        OUT_OF_TIME,
        /** No server was asked, because the caller may not ask now; the cause says why. */
        NOT_ADMITTED;

        /** Whether the same request may succeed a moment later. */
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

    /** @param retryAfter how long the server wants to be left alone; zero where it did not say */
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

    /** Never null, unlike a throwable's. */
    public String explanation() {
        return String.valueOf(getMessage());
    }
}

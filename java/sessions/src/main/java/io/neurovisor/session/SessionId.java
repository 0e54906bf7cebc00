package io.neurovisor.session;

import static java.util.Objects.requireNonNull;

import java.security.SecureRandom;
import java.util.UUID;

/** The id of a session: 128 random bits in the form of a UUID. It does not appear in logs, spans or metrics. */
public record SessionId(UUID value) {
    private static final SecureRandom RANDOM = new SecureRandom();

    public SessionId {
        requireNonNull(value, "value is null");
    }

    static SessionId random() {
        return new SessionId(new UUID(RANDOM.nextLong(), RANDOM.nextLong()));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}

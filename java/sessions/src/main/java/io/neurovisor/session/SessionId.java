package io.neurovisor.session;

import java.security.SecureRandom;
import java.util.UUID;

/** The id of a session: 128 random bits in the form of a UUID. It does not appear in logs, spans or metrics. */
public record SessionId(UUID value) {
    private static final SecureRandom RANDOM = new SecureRandom();

    static SessionId random() {
        return new SessionId(new UUID(RANDOM.nextLong(), RANDOM.nextLong()));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}

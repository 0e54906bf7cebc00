package io.neurovisor.session;

import static java.util.Objects.requireNonNull;

import java.util.UUID;

/** What a session is called: as the trace id of its first run, so that what a person has seen finds it. */
public record SessionId(UUID value) {
    public SessionId {
        requireNonNull(value, "value is null");
    }

    @Override
    public String toString() {
        return value.toString();
    }
}

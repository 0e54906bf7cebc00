package io.neurovisor.session;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;

/**
 * What one side said.
 *
 * @param calls of the assistant, with what became of them
 */
public record RecordedMessage(Role role, String text, Instant said, List<RecordedCall> calls) {
    /** Who speaks. What a tool answered is with its call. */
    public enum Role {
        USER,
        ASSISTANT
    }

    public RecordedMessage {
        requireNonNull(role, "role is null");
        requireNonNull(text, "text is null");
        requireNonNull(said, "said is null");
        calls = List.copyOf(calls);
    }
}

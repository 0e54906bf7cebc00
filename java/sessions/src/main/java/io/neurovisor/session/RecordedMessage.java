package io.neurovisor.session;

import java.time.Instant;
import java.util.List;

/** A message of a conversation, with the calls of the assistant and their results. */
public record RecordedMessage(Role role, String text, Instant said, List<RecordedCall> calls) {
    /** The author of a message. The result of a tool is stored with its call. */
    public enum Role {
        USER,
        ASSISTANT
    }

    public RecordedMessage {
        calls = List.copyOf(calls);
    }
}

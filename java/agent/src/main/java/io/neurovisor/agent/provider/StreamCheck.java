package io.neurovisor.agent.provider;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ServerTimes;
import java.io.Serial;

/** What a protocol's stream of events must be like, and what it tells beside the reply. For one reply. */
interface StreamCheck {
    /** The stream cannot be believed. */
    final class Refused extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;

        private final ModelFailure.Reason reason;

        Refused(ModelFailure.Reason reason, String explanation) {
            super(requireNonNull(explanation, "explanation is null"));
            this.reason = requireNonNull(reason, "reason is null");
        }

        ModelFailure.Reason reason() {
            return reason;
        }

        String explanation() {
            return String.valueOf(getMessage());
        }
    }

    /** The event as it may be passed on. */
    String checked(String data) throws Refused;

    /** Whether the server has said that this was all. */
    boolean isComplete();

    /** Whether it was cut because of its length. */
    boolean isCut();

    ServerTimes times();
}

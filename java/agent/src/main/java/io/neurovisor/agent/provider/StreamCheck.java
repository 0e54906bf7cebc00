package io.neurovisor.agent.provider;

import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ServerTimes;
import java.io.Serial;

/** Checks the events of one reply against the protocol, and collects its metadata. */
interface StreamCheck {
    /** Thrown for an event that is invalid or reports an error. */
    final class Refused extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;

        private final ModelFailure.Reason reason;

        Refused(ModelFailure.Reason reason, String explanation) {
            super(explanation);
            this.reason = reason;
        }

        ModelFailure.Reason reason() {
            return reason;
        }

        String explanation() {
            return String.valueOf(getMessage());
        }
    }

    /** Returns the event for LangChain4j. */
    String checked(String data) throws Refused;

    /** Returns whether the server has marked the end of the reply. */
    boolean isComplete();

    /** Returns whether the reply was truncated because of its length. */
    boolean isCut();

    ServerTimes times();
}

package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.model.ModelReply;
import java.time.Duration;

/**
 * A question that a model has answered.
 *
 * @param model as its server names it
 * @param measured from the request to the end of the reply, by our own clock
 */
record Answered(String model, ModelReply reply, Duration measured) {
    Answered {
        requireNonNull(model, "model is null");
        requireNonNull(reply, "reply is null");
        requireNonNull(measured, "measured is null");
    }
}

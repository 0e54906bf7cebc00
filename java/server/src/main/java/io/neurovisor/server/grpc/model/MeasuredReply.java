package io.neurovisor.server.grpc.model;

import io.neurovisor.agent.model.ModelReply;
import java.time.Duration;

/**
 * A reply of a model.
 *
 * @param model the name that the model server uses
 * @param measured the time from the request to the end of the reply, by the local clock
 */
record MeasuredReply(String model, ModelReply reply, Duration measured) {}

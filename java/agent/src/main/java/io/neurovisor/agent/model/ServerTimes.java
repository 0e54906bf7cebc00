package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * What a server says a reply has taken; each is empty where it does not say so.
 *
 * @param load to have the model in memory
 * @param reading of the conversation, as far as it was not known already
 * @param writing of the reply
 * @param whole from the request to the end of the reply
 */
public record ServerTimes(
        Optional<Duration> load, Optional<Duration> reading, Optional<Duration> writing, Optional<Duration> whole) {
    public static final ServerTimes NONE =
            new ServerTimes(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    public ServerTimes {
        requireNonNull(load, "load is null");
        requireNonNull(reading, "reading is null");
        requireNonNull(writing, "writing is null");
        requireNonNull(whole, "whole is null");
    }
}

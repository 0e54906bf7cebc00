package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * The durations that a server reports for a reply; each is empty if it is not reported.
 *
 * @param load loading the model into memory
 * @param reading reading the part of the conversation that is not cached
 * @param writing writing the reply
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

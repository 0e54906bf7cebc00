package io.neurovisor.agent.loop;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.model.Usage;
import java.time.Duration;
import java.util.Optional;

/**
 * The number of steps, the tokens and the time that a run used.
 *
 * @param loadTime the time to load the model, as reported by the server; empty if it reports none
 */
public record AgentStats(int iterations, int toolCalls, Usage usage, Optional<Duration> loadTime, Duration total) {
    public AgentStats {
        requireNonNull(usage, "usage is null");
        requireNonNull(loadTime, "loadTime is null");
        requireNonNull(total, "total is null");
    }
}

package io.neurovisor.agent.loop;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.model.Usage;
import java.time.Duration;
import java.util.Optional;

/**
 * What a run took.
 *
 * @param loadTime what the server says of loading the model; empty where it says nothing
 */
public record AgentStats(int iterations, int toolCalls, Usage usage, Optional<Duration> loadTime, Duration total) {
    public AgentStats {
        requireNonNull(usage, "usage is null");
        requireNonNull(loadTime, "loadTime is null");
        requireNonNull(total, "total is null");
    }
}

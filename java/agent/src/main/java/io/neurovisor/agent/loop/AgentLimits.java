package io.neurovisor.agent.loop;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What a run may take.
 *
 * @param iterations how often the model is asked
 * @param tokens what it may read and write in all, by its server's count
 * @param toolCalls how many programs it may have run
 * @param parallelCalls how many of those at the same time
 * @param time for everything
 * @param outputCharacters how much of each program's stdout, and of its stderr, the model reads
 */
public record AgentLimits(
        int iterations, int tokens, int toolCalls, int parallelCalls, Duration time, int outputCharacters) {
    public static final AgentLimits USUAL = new AgentLimits(10, 1_000_000, 100, 4, Duration.ofHours(1), 8_000);

    public AgentLimits {
        requireNonNull(time, "time is null");
        iterations = Math.max(1, iterations);
        parallelCalls = Math.max(1, parallelCalls);
    }

    public AgentLimits withTime(Duration other) {
        return new AgentLimits(iterations, tokens, toolCalls, parallelCalls, other, outputCharacters);
    }
}

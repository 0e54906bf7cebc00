package io.neurovisor.agent.loop;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * The limits of a run.
 *
 * @param iterations the number of requests to the model
 * @param tokens the number of tokens read and written, as counted by the server
 * @param toolCalls the number of programs
 * @param parallelCalls the number of programs that run at the same time
 * @param time the duration of the whole run
 * @param outputCharacters the length of the stdout, and of the stderr, that the model reads of each program
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

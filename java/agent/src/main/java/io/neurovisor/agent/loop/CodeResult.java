package io.neurovisor.agent.loop;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.program.Outcome;
import java.time.Duration;
import java.util.Optional;

/**
 * The result of a program.
 *
 * @param bootTime how long the start of the machine took; empty if a machine was ready
 * @param detail why the machine died, for users; otherwise empty
 */
public record CodeResult(
        Outcome outcome,
        int exitCode,
        Duration duration,
        Excerpt stdout,
        Excerpt stderr,
        Optional<Duration> bootTime,
        String detail) {
    public CodeResult {
        requireNonNull(outcome, "outcome is null");
        requireNonNull(duration, "duration is null");
        requireNonNull(stdout, "stdout is null");
        requireNonNull(stderr, "stderr is null");
        requireNonNull(bootTime, "bootTime is null");
        requireNonNull(detail, "detail is null");
    }
}

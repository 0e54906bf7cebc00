package io.neurovisor.agent.loop;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.interpreter.CellDisplay;
import io.neurovisor.engine.program.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The result of a program or cell.
 *
 * @param bootTime how long the start of the machine took; empty if a machine was ready
 * @param detail why the machine or the interpreter ended, for users; otherwise empty
 * @param displays the rich results of a cell; their text is also a part of stdout
 */
public record CodeResult(
        Outcome outcome,
        int exitCode,
        Duration duration,
        Excerpt stdout,
        Excerpt stderr,
        Optional<Duration> bootTime,
        String detail,
        List<CellDisplay> displays) {
    public CodeResult {
        requireNonNull(outcome, "outcome is null");
        requireNonNull(duration, "duration is null");
        requireNonNull(stdout, "stdout is null");
        requireNonNull(stderr, "stderr is null");
        requireNonNull(bootTime, "bootTime is null");
        requireNonNull(detail, "detail is null");
        displays = List.copyOf(displays);
    }

    /** The result of a program, which has no rich results. */
    public CodeResult(
            Outcome outcome,
            int exitCode,
            Duration duration,
            Excerpt stdout,
            Excerpt stderr,
            Optional<Duration> bootTime,
            String detail) {
        this(outcome, exitCode, duration, stdout, stderr, bootTime, detail, List.of());
    }
}

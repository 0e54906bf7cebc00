package io.neurovisor.tests.hostile.programs;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.tests.fixtures.FinishedProgram;
import io.neurovisor.tests.fixtures.OpenedNeuroVisor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Repeatedly runs honest programs on a node, with pauses, and records their durations. */
final class HonestClient {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final List<Program> PROGRAMS = List.of(
            new Program(Language.PYTHON, "print(6*7)"),
            new Program(Language.BASH, "echo $((6*7))"),
            new Program(Language.JAVASCRIPT, "console.log(6*7)"));

    private final OpenedNeuroVisor node;
    private final List<Duration> times = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    HonestClient(OpenedNeuroVisor node) {
        this.node = node;
    }

    /** Runs programs for the given time. */
    void askFor(Duration time) throws InterruptedException {
        long end = System.nanoTime() + time.toNanos();
        for (int number = 0; System.nanoTime() < end; number++) {
            long began = System.nanoTime();
            FinishedProgram finished = node.run(PROGRAMS.get(number % PROGRAMS.size()), SandboxSize.SMALL, TIMEOUT);
            times.add(Duration.ofNanos(System.nanoTime() - began));
            if (finished.result().outcome() != Outcome.COMPLETED
                    || !finished.stdout().equals("42\n")) {
                failures.add(finished.describe());
            }
            // Without a pause, the durations would depend on the rate at which machines start.
            TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
        }
    }

    List<String> failures() {
        return failures;
    }

    List<Duration> times() {
        return times;
    }
}

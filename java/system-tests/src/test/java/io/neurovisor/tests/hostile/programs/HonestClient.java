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

/** Asks a node for the same honest programs again and again, a pause between them, and notes what each took. */
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

    /** Returns when the time is over. */
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
            // Whoever asks without a pause measures how fast machines are made, and not how soon one is answered.
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

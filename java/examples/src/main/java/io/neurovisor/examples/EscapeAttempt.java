package io.neurovisor.examples;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import java.time.Duration;

/**
 * One way out of a sandbox, what is to stop it, and how it ends when it was stopped.
 *
 * @param what what it attempts, in words
 * @param stoppedBy the layer, in words
 * @param code in Python, after {@link #PRELUDE}
 * @param end how the execution must end
 */
record EscapeAttempt(String what, String stoppedBy, String code, Outcome end) {
    /** Tells of a refusal by its error, and of anything else that it has worked. */
    private static final String PRELUDE = """
            import ctypes, errno, glob, os, signal, socket
            libc = ctypes.CDLL(None, use_errno=True)
            def call(number, *arguments):
                refused = libc.syscall(number, *arguments) == -1
                print("refused: " + errno.errorcode[ctypes.get_errno()] if refused else "worked", flush=True)
            def attempt(action, *arguments):
                try:
                    action(*arguments)
                    print("worked", flush=True)
                except OSError as error:
                    print("refused: " + errno.errorcode.get(error.errno, str(error)), flush=True)
            """;

    private static final Duration SHORT = Duration.ofSeconds(10);
    private static final Duration LONG = Duration.ofSeconds(90);
    private static final String REFUSED = "refused: E[A-Z0-9]+\n";
    private static final String BEGUN = "begun\n";

    EscapeAttempt {
        requireNonNull(what, "what is null");
        requireNonNull(stoppedBy, "stoppedBy is null");
        requireNonNull(code, "code is null");
        requireNonNull(end, "end is null");
    }

    /** One that is refused with an error, by which the program goes on. */
    static EscapeAttempt refused(String what, String stoppedBy, String code) {
        return new EscapeAttempt(what, stoppedBy, code, Outcome.COMPLETED);
    }

    /** Makes the attempt in a sandbox of its own; only what tells how it was stopped was. */
    void make(ExampleRun run) {
        CollectedOutput output = new CollectedOutput(_ -> {});
        ExecutionResult result =
                run.execute(Language.PYTHON, PRELUDE + code, end == Outcome.TIMED_OUT ? SHORT : LONG, output);
        boolean told = output.text().matches(end == Outcome.COMPLETED ? REFUSED : BEGUN);
        String said = end == Outcome.COMPLETED ? ExampleRun.shown(output.text()) : "ended as " + result.outcome();
        run.check(told && result.outcome() == end, what + ": " + said + "; stopped by " + stoppedBy);
    }
}

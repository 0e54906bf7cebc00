package io.neurovisor.examples;

import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import java.time.Duration;

/**
 * An attempt to escape from a machine, with the layer that stops it.
 *
 * @param what a description of the attempt
 * @param stoppedBy a description of the layer
 * @param code the Python code that follows {@link #PRELUDE}
 * @param end the outcome of the execution if the attempt is stopped
 */
record EscapeAttempt(String what, String stoppedBy, String code, Outcome end) {
    /** Prints the error of a refused call; prints "worked" after anything else. */
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

    /** Returns an attempt that is refused with an error, after which the program continues. */
    static EscapeAttempt refused(String what, String stoppedBy, String code) {
        return new EscapeAttempt(what, stoppedBy, code, Outcome.COMPLETED);
    }

    /** Makes the attempt in a fresh machine. It counts as stopped only if its output says so. */
    void make(ExampleRun run) {
        CollectedOutput output = new CollectedOutput(_ -> {});
        ExecutionResult result =
                run.execute(Language.PYTHON, PRELUDE + code, end == Outcome.TIMED_OUT ? SHORT : LONG, output);
        boolean stopped = output.text().matches(end == Outcome.COMPLETED ? REFUSED : BEGUN);
        String said = end == Outcome.COMPLETED ? ExampleRun.shown(output.text()) : "ended as " + result.outcome();
        run.check(stopped && result.outcome() == end, what + ": " + said + "; stopped by " + stoppedBy);
    }
}

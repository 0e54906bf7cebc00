package io.neurovisor.engine.program;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;

/**
 * The end of one program.
 *
 * @param exitCode the program's own, or 128 + signal
 * @param signal the signal that ended it, 0 for none
 * @param duration from its start to its end, measured in the guest where the guest can tell
 * @param details what else the guest says of it
 */
public record ProgramExit(
        Outcome outcome,
        int exitCode,
        int signal,
        Duration duration,
        boolean stdoutTruncated,
        boolean stderrTruncated,
        Details details) {
    private static final int SIGKILL = 9;

    public ProgramExit {
        requireNonNull(outcome, "outcome is null");
        requireNonNull(duration, "duration is null");
        requireNonNull(details, "details is null");
    }

    /**
     * What only a person or a log needs.
     *
     * @param killedProcess the process that the kernel killed for want of memory; empty if there was none
     * @param backgroundProcesses how many processes were left running by the program, and killed
     * @param skippedFiles some of what lay in {@code out/} and did not come home
     * @param skippedFilesCount all of that
     * @param interpreter which one has run the program
     */
    public record Details(
            String killedProcess,
            int backgroundProcesses,
            List<SkippedFile> skippedFiles,
            int skippedFilesCount,
            Interpreter interpreter) {
        /** Nothing to say. */
        public static final Details NONE = new Details("", 0, List.of(), 0, Interpreter.PLAIN);

        public Details {
            requireNonNull(killedProcess, "killedProcess is null");
            requireNonNull(interpreter, "interpreter is null");
            skippedFiles = List.copyOf(skippedFiles);
        }
    }

    /** The end as the host sees it when the guest cannot tell: the program is gone because its machine is. */
    public static ProgramExit killed(Outcome outcome, Duration duration) {
        return new ProgramExit(outcome, 128 + SIGKILL, SIGKILL, duration, false, false, Details.NONE);
    }
}

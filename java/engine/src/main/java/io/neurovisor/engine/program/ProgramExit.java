package io.neurovisor.engine.program;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * The end of one program.
 *
 * @param exitCode the program's own exit code, or 128 + signal
 * @param signal the signal that ended it, or 0
 * @param duration the time from its start to its end, measured in the guest if the guest reports it
 * @param details further details from the guest
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

    /**
     * Details for people and logs.
     *
     * @param killedProcess the process that the kernel killed because memory ran out; empty if there was none
     * @param backgroundProcesses the number of processes that the program left running and that were killed
     * @param skippedFiles some of the files in {@code out/} that were not returned
     * @param skippedFilesCount the number of all such files
     * @param interpreter the interpreter that ran the program
     */
    public record Details(
            String killedProcess,
            int backgroundProcesses,
            List<SkippedFile> skippedFiles,
            int skippedFilesCount,
            Interpreter interpreter) {
        /** No details. */
        public static final Details NONE = new Details("", 0, List.of(), 0, Interpreter.PLAIN);

        public Details {
            skippedFiles = List.copyOf(skippedFiles);
        }

        private Details withSkipped(List<SkippedFile> more) {
            return new Details(
                    killedProcess,
                    backgroundProcesses,
                    Stream.concat(skippedFiles.stream(), more.stream()).toList(),
                    skippedFilesCount + more.size(),
                    interpreter);
        }
    }

    /** Returns this end with further files of {@code out/} that are not returned. */
    public ProgramExit withSkipped(List<SkippedFile> more) {
        return new ProgramExit(
                outcome, exitCode, signal, duration, stdoutTruncated, stderrTruncated, details.withSkipped(more));
    }

    /** Returns the end of a program that the guest cannot report, because its machine is gone. */
    public static ProgramExit killed(Outcome outcome, Duration duration) {
        return new ProgramExit(outcome, 128 + SIGKILL, SIGKILL, duration, false, false, Details.NONE);
    }
}

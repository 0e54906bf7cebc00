package io.neurovisor.cli.console;

import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.server.doctor.Diagnosis;

/** The exit codes of the commands. {@code run} also passes on the exit code of its program. */
public final class ExitCode {
    public static final int USAGE = 2;

    // Only doctor.
    static final int LAYER_BROKEN = 1;
    static final int LAYER_UNAVAILABLE = 3;
    static final int NOT_EXAMINED = 4;

    /** Only sandbox cp. */
    public static final int INCOMPLETE = 1;

    // The commands that ask a daemon.
    public static final int NOT_READY = 1;
    public static final int NO_DAEMON = 3;

    // Only agent.
    static final int AGENT_LIMIT = 3;
    public static final int MODEL_FAILED = 4;
    public static final int SANDBOX_FAILED = 5;

    /** Only example: the host lacks what the example demonstrates. The exit status of a skipped test in automake. */
    public static final int SKIPPED = 77;

    static final int OUTPUT_LIMIT = 122;
    public static final int SANDBOX_DIED = 123;
    public static final int TIMED_OUT = 124;
    public static final int FAILED = 125;
    static final int OUTCOME_UNKNOWN = 126;

    /** Only sandbox exec. As a shell reports it. */
    public static final int COMMAND_MISSING = 127;

    public static final int CANCELLED = 130;
    static final int OUT_OF_MEMORY = 137;

    /** As a shell reports a program that wrote to a closed pipe: 128 + SIGPIPE. */
    public static final int OUTPUT_CLOSED = 141;

    private ExitCode() {}

    /**
     * Returns the exit code of {@code run}.
     *
     * @param unsaved whether a file of the program could not be saved, which a success does not hide
     */
    public static int of(ProgramExit exit, boolean unsaved) {
        int code = of(exit);
        return unsaved && code == 0 ? FAILED : code;
    }

    public static int of(ProgramExit exit) {
        return switch (exit.outcome()) {
            case COMPLETED -> exit.exitCode();
            case TIMED_OUT -> TIMED_OUT;
            case OUT_OF_MEMORY -> OUT_OF_MEMORY;
            case OUTPUT_LIMIT -> OUTPUT_LIMIT;
            case CANCELLED -> CANCELLED;
            case SANDBOX_DIED -> SANDBOX_DIED;
            case OUTCOME_UNKNOWN -> OUTCOME_UNKNOWN;
        };
    }

    public static int of(Diagnosis.Health health) {
        return switch (health) {
            case LIVE -> 0;
            case UNAVAILABLE -> LAYER_UNAVAILABLE;
            case BROKEN -> LAYER_BROKEN;
            case UNKNOWN -> NOT_EXAMINED;
        };
    }

    public static int of(AgentEnd end) {
        return switch (end) {
            case ANSWERED -> 0;
            case ITERATION_LIMIT, TOKEN_LIMIT, TIME_LIMIT, TOOL_CALL_LIMIT -> AGENT_LIMIT;
            case CANCELLED -> CANCELLED;
            case MODEL_FAILED -> MODEL_FAILED;
            case SANDBOX_FAILED -> SANDBOX_FAILED;
        };
    }

    public static int of(NeuroVisorException exception) {
        return switch (exception.fault()) {
            case INTERRUPTED -> CANCELLED;
            case DAEMON_LOST, EXECUTION_LOST, SANDBOX_MOVED -> OUTCOME_UNKNOWN;
            case INVALID_ARGUMENT,
                    UNKNOWN_LANGUAGE,
                    LANGUAGE_MISSING,
                    LANGUAGE_UNSUPPORTED,
                    TABLE_FORMAT_UNSUPPORTED,
                    IMAGE_UNKNOWN,
                    IMAGE_NOT_BUILT,
                    KERNEL_NOT_BUILT,
                    SESSION_UNKNOWN,
                    SANDBOX_UNKNOWN,
                    SNAPSHOT_UNKNOWN,
                    PROCESS_UNKNOWN,
                    FILE_UNKNOWN,
                    TAG_TAKEN,
                    CONTEXT_UNKNOWN,
                    CELL_UNKNOWN,
                    DAEMON_MISSING,
                    HISTORY_UNUSABLE,
                    ACCESS_UNUSABLE -> USAGE;
            default -> FAILED;
        };
    }
}

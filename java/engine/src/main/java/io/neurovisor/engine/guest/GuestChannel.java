package io.neurovisor.engine.guest;

import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.trace.TraceId;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The single connection to a guest's agent, for the life of its virtual machine.
 *
 * <p>Every call blocks its thread until its deadline at the latest. It throws {@link
 * io.neurovisor.engine.fault.NeuroVisorException} with {@code GUEST_SILENT} after the deadline, {@code SANDBOX_LOST} if
 * the connection broke (the machine is then dead), {@code LANGUAGE_MISSING} if the image lacks the interpreter of the
 * program, and {@code GUEST_REFUSED} if the agent answered with another error.
 */
public interface GuestChannel extends AutoCloseable {
    /** Returns when the agent answers. */
    GuestHello hello(Deadline deadline);

    /**
     * Sets randomness, clock, hostname, machine id and boot id; required before {@link #execute}, and possible again while a
     * sandbox is frozen.
     */
    void refresh(GuestIdentity identity, Deadline deadline);

    /** Runs one of the host's own programs in the same way as an execution, then removes its traces. */
    void prime(Program program, Deadline deadline);

    /**
     * Starts the interpreters that wait for programs. Must be the last call before the machine is saved as a template.
     */
    void warm(Deadline deadline);

    /** Runs the machine's only execution; the calling thread passes its output to the sink until {@code deadline}. */
    ProgramExit execute(Program program, Duration timeout, TraceId traceId, OutputSink sink, ResponseDeadline deadline);

    /**
     * Turns the guest into a living sandbox, once, after {@link #refresh} and instead of {@link #execute}.
     *
     * @param environment of all its processes
     * @param directory in which they start; empty for the home
     * @return the space for files in bytes
     */
    long adopt(Map<String, String> environment, Optional<String> directory, Deadline deadline);

    /** Sets the clock of a living sandbox. */
    void setClock(Deadline deadline);

    /**
     * Stops all programs of a living sandbox, so that it can be saved. Calls for its processes and files end with {@code
     * SANDBOX_MOVED}. If programs do not stop within two seconds, all run on, and this fails with {@code GUEST_REFUSED}.
     */
    void freeze(Deadline deadline);

    /**
     * Lets the programs of a frozen sandbox run on; refused over a channel that has neither frozen nor refreshed it, because the
     * sandbox may have been saved.
     */
    void thaw(Deadline deadline);

    /** Measures a guest. */
    GuestUsage usage(Deadline deadline);

    /**
     * Describes why the guest of a living sandbox cannot be trusted or called any longer: it broke the protocol, or ended its
     * connection. Empty while neither is known.
     */
    Optional<String> failure();

    /** Returns the processes of a living sandbox. */
    GuestProcesses processes();

    /** Returns the files of a living sandbox. */
    GuestFiles files();

    /** Returns the code interpreter of a living sandbox. */
    GuestInterpreter interpreter();

    /** Closes the connection. Idempotent. */
    @Override
    void close();
}

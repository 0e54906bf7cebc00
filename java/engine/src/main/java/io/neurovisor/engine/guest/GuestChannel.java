package io.neurovisor.engine.guest;

import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.trace.TraceId;
import java.time.Duration;

/**
 * The one connection to a guest's agent, for the life of its virtual machine. Every call blocks its thread, ends at its
 * deadline and throws {@link io.neurovisor.engine.fault.NeuroVisorException}: {@code GUEST_SILENT} when it passed, {@code
 * SANDBOX_LOST} when the connection broke (which means that the machine is dead), {@code LANGUAGE_MISSING} when the image
 * lacks what runs the program, {@code GUEST_REFUSED} when the agent answered with another error.
 */
public interface GuestChannel extends AutoCloseable {
    /** Returns once the agent answers. */
    GuestHello hello(Deadline deadline);

    /** Sets randomness, clock, hostname, machine id and boot id; required before {@link #execute}. */
    void refresh(GuestIdentity identity, Deadline deadline);

    /** Runs a program of the host's own along the path of an execution and removes its traces. */
    void prime(Program program, Deadline deadline);

    /** Starts the interpreters that wait for their programs; the last call before the machine is saved as a template. */
    void warm(Deadline deadline);

    /** Runs the machine's one execution; the calling thread passes output to the sink until {@code deadline}. */
    ProgramExit execute(Program program, Duration timeout, TraceId traceId, OutputSink sink, ResponseDeadline deadline);

    /** Hangs up. Idempotent. */
    @Override
    void close();
}

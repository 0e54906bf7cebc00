package io.neurovisor.engine.process;

import io.neurovisor.engine.time.Deadline;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The processes of a sandbox's guest. A call throws {@link io.neurovisor.engine.fault.NeuroVisorException}: {@code
 * PROCESS_UNKNOWN}, {@code PROCESS_LIMIT}, {@code TAG_TAKEN}, {@code PROCESS_REFUSED} or {@code INVALID_ARGUMENT} as the
 * guest answers, {@code GUEST_REFUSED} with another answer, {@code GUEST_SILENT} after its deadline, {@code
 * SANDBOX_LOST} if the connection broke or the guest violated its protocol: its machine then counts as dead.
 */
public interface GuestProcesses {
    /** Starts a process; its first event is {@link ProcessEvent.Started}. */
    ProcessEvents start(ProcessSpec spec, Deadline deadline);

    ProcessEvents attach(ProcessSelector process, OutputStart start, Deadline deadline);

    /** Returns the running processes and those that ended lately, in the order of their starts. */
    List<ProcessInfo> list(Deadline deadline);

    /** Returns when the input of the process has taken the bytes. */
    void sendInput(ProcessSelector process, ByteBuffer bytes, Deadline deadline);

    ProcessInput streamInput(ProcessSelector process, Deadline deadline);

    void closeInput(ProcessSelector process, Deadline deadline);

    /**
     * Sends a signal to a process.
     *
     * @param wholeGroup also to all that the process has started
     */
    void signal(ProcessSelector process, int signal, boolean wholeGroup, Deadline deadline);

    void resize(ProcessSelector process, TerminalSize size, Deadline deadline);
}

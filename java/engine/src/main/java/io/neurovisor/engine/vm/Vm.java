package io.neurovisor.engine.vm;

import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.time.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A running virtual machine. */
public interface Vm extends AutoCloseable {
    VmId id();

    /** Opens the machine's channel. At most one may be open at a time; the agent may not have answered yet. */
    GuestChannel connect(Deadline deadline);

    /**
     * Pauses a machine of {@link VmStart.TemplateBoot}, writes its state next to its memory and ends it. Its channel
     * must be closed; the guest has until the deadline to notice that.
     */
    void save(Deadline deadline);

    /**
     * Stops the processors of a clone and writes a checkpoint; the machine stays stopped until {@link #resume}. Its channel must
     * be closed; the guest has until the deadline to notice that. If this fails, the machine runs as before and the directory
     * does not exist.
     *
     * @param directory is created, open to this user only; no part of its path may be a link
     */
    Checkpoint checkpoint(Path directory, Deadline deadline);

    /** Starts the processors of a machine that {@link #checkpoint} has stopped. */
    void resume(Deadline deadline);

    /**
     * Returns the state of each layer in order, as read off the running machine now. After the machine has ended no
     * layer is live.
     */
    List<LayerState> layers();

    /** Returns the counters of its control group; empty if it has none or has ended. */
    Optional<VmUsage> usage();

    /**
     * Returns the host memory that only this machine uses, without shared memory that the kernel can drop; 0 if it has
     * ended or the value is unknown.
     */
    long residentBytes();

    /** Returns the processor time that its VMM has used; zero if it has ended or the value is unknown. */
    Duration processorTime();

    /** Describes how the VMM ended, with its exit code or signal; empty while it runs. */
    Optional<String> death();

    /** Returns whether it ended because the host's memory limit for its VMM was reached. */
    boolean ranOutOfMemory();

    /** Returns whether it ended with the process that ran the VMMs, so that its exit code is unknown. */
    boolean isLost();

    /** Returns the last lines of the guest's console since the previous call, for error messages; may be empty. */
    String consoleTail();

    /**
     * Kills the machine; returns when its guest executes nothing more, usually before the machine is removed. Where that is
     * not confirmed, this waits until nothing of the machine is left, for a limited time. Not interruptible; idempotent.
     */
    void kill();

    /**
     * Kills the machine and waits until nothing of it is left, for a limited time; {@link Vmm#gone} reports whether
     * that is so. Idempotent.
     */
    @Override
    void close();
}

package io.neurovisor.engine.vm;

import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.time.Deadline;
import java.util.List;
import java.util.Optional;

/** One running virtual machine. */
public interface Vm extends AutoCloseable {
    VmId id();

    /** Opens the machine's channel. At most one is open at a time; the agent may not have answered yet. */
    GuestChannel connect(Deadline deadline);

    /**
     * Pauses a machine of {@link VmStart.TemplateBoot} and writes its state beside its memory; the machine is gone
     * afterwards. Its channel must be closed: the guest is given until the deadline to notice.
     */
    void save(Deadline deadline);

    /**
     * Each layer once, in order, as it is now, read off the living machine. Of a machine that has ended nothing can be read,
     * and so no layer is live.
     */
    List<LayerState> layers();

    /** What its control group has counted; empty where it has none, or has ended. */
    Optional<VmUsage> usage();

    /**
     * What of the host's memory the machine has to itself: what others share with it and the kernel can drop does not count.
     * 0 when it has ended, or nobody can say.
     */
    long residentBytes();

    /** The VMM's last words if it has ended, with its exit code or signal. */
    Optional<String> death();

    /** Whether it has ended because the host gives its VMM no more memory. */
    boolean ranOutOfMemory();

    /**
     * The last lines that the guest's console has shown since this was last asked, for error messages; empty when there
     * are none.
     */
    String consoleTail();

    /**
     * Kills the machine and waits until nothing of it is left, but no longer than a loaded host needs: {@link Vmm#gone} says
     * whether it is. Idempotent.
     */
    @Override
    void close();
}

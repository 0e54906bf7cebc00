package io.neurovisor.server;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.MachineFactory;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.Machines;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Checkpoint;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Starts machines from the images of the data directory and their templates.
 *
 * @param limit for the start of a machine, excluding the build of a missing template
 */
record ImageMachines(MachineFactory factory, ImageStarts starts, Duration limit) implements Machines {
    @Override
    public VmId newId() {
        return factory.newId();
    }

    @Override
    public void make(MachineKind kind) {
        VmStart _ = starts.start(kind);
    }

    @Override
    public Machine open(VmId id, MachineKind kind) {
        VmStart start = starts.start(kind.fresh()); // Rebuilds a template that was removed meanwhile.
        Deadline deadline = Deadline.after(limit, Ticker.SYSTEM);
        try {
            return kind.isSaved()
                    ? factory.restore(id, continuing(start, kind.checkpoint()), Optional.empty(), deadline)
                    : factory.open(id, start, deadline);
        } catch (NeuroVisorException exception) {
            throw exception.fault() == Fault.GUEST_SILENT ? late(exception) : exception;
        }
    }

    private static VmStart.Restore continuing(VmStart start, Optional<Checkpoint> checkpoint) {
        if (start instanceof VmStart.Restore(SavedVm saved, Optional<Checkpoint> _)) {
            return new VmStart.Restore(saved, checkpoint);
        }
        throw new NeuroVisorException(
                Fault.TEMPLATE_BUILD_FAILED, "a saved sandbox needs a template; set snapshot to on");
    }

    private NeuroVisorException late(NeuroVisorException exception) {
        return new NeuroVisorException(
                exception.fault(),
                exception.getMessage() + "; it had " + limit.toSeconds()
                        + " s to start, and gets more with a longer --acquire-timeout",
                exception);
    }

    @Override
    public CompletableFuture<Void> gone(VmId id) {
        return factory.gone(id);
    }
}

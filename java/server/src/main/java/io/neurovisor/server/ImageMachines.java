package io.neurovisor.server;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.MachineFactory;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.Machines;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
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
        try {
            if (kind.saved().isPresent()) {
                Optional<String> hostname = kind.copy().map(_ -> id.value());
                return factory.restore(id, kind.saved().get(), hostname, Deadline.after(limit, Ticker.SYSTEM));
            }
            VmStart start = starts.start(kind); // Rebuilds a template that was removed meanwhile.
            return factory.open(id, start, Deadline.after(limit, Ticker.SYSTEM));
        } catch (NeuroVisorException exception) {
            throw exception.fault() == Fault.GUEST_SILENT ? late(exception) : exception;
        }
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

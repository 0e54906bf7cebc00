package io.neurovisor.engine.sandbox.checkpoint;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.Checkpoint;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Saves the machines of sandboxes. */
public record MachineSaving(CheckpointStore store) {
    private static final Logger LOG = LoggerFactory.getLogger(MachineSaving.class);

    /** The files of the machine within the directory of its checkpoint. */
    private static final String FILES = "machine";

    /**
     * Why a machine was not saved.
     *
     * @param goesOn whether its sandbox runs as before
     */
    public record Failure(NeuroVisorException reason, boolean goesOn) {}

    /**
     * Saves a machine and leaves it stopped, to be killed.
     *
     * @param generation its number among the machines of the sandbox
     */
    public Optional<Failure> save(SandboxId id, int generation, Machine machine, Deadline deadline) {
        AtomicBoolean stopped = new AtomicBoolean();
        try {
            store.save(id, generation, directory -> {
                Checkpoint checkpoint = machine.save(directory.resolve(FILES), deadline);
                stopped.set(true);
                return checkpoint;
            });
            return Optional.empty();
        } catch (RuntimeException | Error failure) {
            NeuroVisorException reason = failure instanceof NeuroVisorException known
                    ? known
                    : new NeuroVisorException(Fault.INTERNAL, "sandbox " + id + " was not saved: " + failure, failure);
            return Optional.of(new Failure(reason, goesOn(id, machine, stopped.get(), reason)));
        }
    }

    /** Returns whether the sandbox goes on: what it was saved for may have failed after it was stopped. */
    private static boolean goesOn(SandboxId id, Machine machine, boolean stopped, NeuroVisorException reason) {
        if (!stopped) {
            return reason.fault() != Fault.SANDBOX_LOST;
        }
        try {
            machine.goOn();
            return true;
        } catch (NeuroVisorException lost) {
            LOG.warn("sandbox {} was not saved and does not go on: {}", id, lost.getMessage());
            return false;
        }
    }
}

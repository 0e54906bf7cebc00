package io.neurovisor.host.spawner;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmUsage;
import io.neurovisor.host.probe.VmmLayers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The VMM process of one virtual machine, with what the host can read about it whichever program it runs.
 *
 * @param program the name of the program for messages
 * @param description describes how the program ended
 */
public record RunningVmm(
        String program, VmId id, VmmProcess process, VmmLayers layers, Function<VmmExit, String> description) {
    /** A killed process frees its memory first, and the spawner removes its files: seconds on a loaded host. */
    private static final Duration END_TIMEOUT = Duration.ofSeconds(20);

    private static final String SPAWNER_LOST = "its spawner was lost";

    /**
     * Reads the isolation layers off the live process.
     *
     * @param rateLimit the state of the guest's rate limit, which cannot be read off the process
     */
    public List<LayerState> layers(LayerState rateLimit) {
        List<LayerState> read = layers.read(process.pid(), process::confinement, process.cgroupProblem(), rateLimit);
        return hasEnded() ? unread() : read;
    }

    /** Returns the first layer of confinement that is not in force; empty if all are. */
    public Optional<LayerState> unconfined() {
        Optional<LayerState> read = layers.unconfined(process.pid(), process::confinement);
        return hasEnded() ? Optional.of(unread().getLast()) : read;
    }

    public Optional<VmUsage> usage() {
        return hasEnded() ? Optional.empty() : layers.usage(process.pid());
    }

    public long residentBytes() {
        return hasEnded() ? 0 : layers.residentBytes(process.pid());
    }

    public Duration processorTime() {
        Duration used = ProcessHandle.of(process.pid())
                .flatMap(handle -> handle.info().totalCpuDuration())
                .orElse(Duration.ZERO);
        return hasEnded() ? Duration.ZERO : used;
    }

    /** Describes how the process ended; empty while it runs. */
    public Optional<String> death() {
        return hasEnded()
                ? Optional.of(process.exit()
                        .handle((exit, lost) -> exit == null ? SPAWNER_LOST : description.apply(exit))
                        .join())
                : Optional.empty();
    }

    /** Describes how the process ended, waiting up to a second for its exit; empty if it still runs. */
    public Optional<String> exitDescription() {
        return Optional.ofNullable(process.exit()
                .thenApply(description)
                .exceptionally(lost -> SPAWNER_LOST)
                .completeOnTimeout(null, 1, TimeUnit.SECONDS)
                .join());
    }

    public boolean ranOutOfMemory() {
        return hasEnded()
                && process.exit()
                        .handle((exit, lost) -> exit != null && exit.oomKilled())
                        .join();
    }

    public boolean isLost() {
        return process.exit().isCompletedExceptionally();
    }

    /** Waits for the process to end by itself; throws if it does not. */
    public void awaitEnd(Duration timeout) {
        if (!process.endsWithin(timeout)) {
            throw new NeuroVisorException(Fault.VMM_FAILED, program + " of VM " + id + " does not end");
        }
    }

    /**
     * Kills the process; returns when its guest executes nothing more. Where the kernel has not accepted the signal, this waits
     * until nothing of the process is left, for a limited time. Not interruptible.
     */
    public void kill() {
        process.kill();
        process.killed()
                .completeOnTimeout(null, END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .join();
    }

    /** Waits until nothing of a killed process is left, for a limited time. */
    public void awaitGone() {
        boolean _ = process.endsWithin(END_TIMEOUT);
    }

    // Once the process has ended, another process may have its id: what was read is discarded.
    private boolean hasEnded() {
        return process.exit().isDone();
    }

    private List<LayerState> unread() {
        return layers.unread(program + " of VM " + id + " has ended");
    }
}

package io.neurovisor.host.spawner;

import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.host.probe.PrivilegedReading;
import io.neurovisor.proto.spawner.LoadMemory;
import io.neurovisor.proto.spawner.SaveMemory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A VMM process, which the spawner owns. */
public final class VmmProcess {
    /** The file with the state of a VMM's devices in a directory of {@link #saveMemory}. */
    public static final String STATE_FILE = "state";

    private final Spawner spawner;
    private final String id;
    private final Path directory;
    private final CompletableFuture<Void> killed;
    private final CompletableFuture<VmmExit> exit;
    private final long pid;
    private final String cgroupProblem;

    VmmProcess(Spawner spawner, String id, Path directory, PendingVmm replies, long pid, String cgroupProblem) {
        this.spawner = spawner;
        this.id = id;
        this.directory = directory;
        this.killed = replies.killed();
        this.exit = replies.exited();
        this.pid = pid;
        this.cgroupProblem = cgroupProblem;
    }

    public long pid() {
        return pid;
    }

    /** Returns why it has no control group, and so no limits; empty if it has one. */
    public String cgroupProblem() {
        return cgroupProblem;
    }

    /** Returns the directory of its sockets, or of its root in a chroot; it is removed before {@link #exit} completes. */
    public Path directory() {
        return directory;
    }

    /** Completes when the process has ended and nothing of it is left; fails if the spawner is lost. */
    public CompletableFuture<VmmExit> exit() {
        return exit.copy();
    }

    /** Runs the action when the process has ended or the spawner is lost; immediately if that has happened. */
    public void onExit(Runnable action) {
        CompletableFuture<VmmExit> _ = exit.whenComplete((end, failure) -> action.run());
    }

    /**
     * Waits up to a time for the process to end or the spawner to be lost, which kills every VMM. Returns true immediately if
     * the thread is interrupted; its interrupt flag stays set.
     */
    public boolean endsWithin(Duration time) {
        try {
            VmmExit _ = exit.get(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException exception) {
            // The spawner is lost: its next request fails.
        } catch (TimeoutException exception) {
            return false;
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
        return true;
    }

    /** Returns the end of its output so far; empty if it has ended, because then {@link #exit} has it. */
    public String output() {
        return spawner.output(id);
    }

    /** Returns the part of its confinement that only the spawner can read; nothing if it has ended. */
    public PrivilegedReading confinement() {
        return spawner.confinement(id);
    }

    /**
     * Makes the eBPF programs deny the VMM all files but its own, all programs and all connections. Must be called before its
     * guest runs; throws if the policy is not in force.
     */
    public void seal() {
        spawner.seal(id);
    }

    /**
     * Saves what a VMM with stopped processors has in its {@link PassedFile#deviceState}, and the pages of its memory that
     * differ from its template.
     *
     * @param saved the machine of which it is a clone
     * @param template the file that it has mapped as its memory
     * @param directory a directory that is open to this user only; it gets the files {@value #STATE_FILE} and {@code
     *     pages}, or none
     * @param maxBytes the largest size of the file of pages
     */
    public void saveMemory(SavedVm saved, Path template, Path directory, long maxBytes, Deadline deadline) {
        SaveMemory request = SaveMemory.newBuilder()
                .setVmId(id)
                .setTemplateFile(template.toAbsolutePath().toString())
                .setTarget(directory.toAbsolutePath().toString())
                .setMaxBytes(maxBytes)
                .setFlattened(saved.flattened()
                        .map(checkpoint ->
                                checkpoint.directory().toAbsolutePath().toString())
                        .orElse(""))
                .build();
        spawner.saveMemory(id, request, deadline);
    }

    /** Loads the pages that {@link #saveMemory} wrote into a clone of the same template whose guest does not run. */
    public void loadMemory(Path template, Path directory, Deadline deadline) {
        LoadMemory request = LoadMemory.newBuilder()
                .setVmId(id)
                .setTemplateFile(template.toAbsolutePath().toString())
                .setSource(directory.toAbsolutePath().toString())
                .build();
        spawner.loadMemory(id, request, deadline);
    }

    /** Kills the process without waiting for its end. Does nothing if it has been killed or has ended. */
    public void kill() {
        if (!killed.isDone()) {
            spawner.kill(id);
        }
    }

    /**
     * Completes when its guest executes nothing more: when the kernel has accepted the signal of {@link #kill}, or else when
     * nothing of the process is left or the spawner is lost, which ends every VMM.
     */
    public CompletableFuture<Void> killed() {
        return killed.copy();
    }
}

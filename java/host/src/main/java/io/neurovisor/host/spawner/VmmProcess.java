package io.neurovisor.host.spawner;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.probe.PrivilegedReading;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A VMM process that the spawner holds. */
public final class VmmProcess {
    private final Spawner spawner;
    private final String id;
    private final Path directory;
    private final CompletableFuture<VmmExit> exit;
    private final long pid;
    private final String cgroupProblem;

    VmmProcess(
            Spawner spawner,
            String id,
            Path directory,
            CompletableFuture<VmmExit> exit,
            long pid,
            String cgroupProblem) {
        this.spawner = requireNonNull(spawner, "spawner is null");
        this.id = requireNonNull(id, "id is null");
        this.directory = requireNonNull(directory, "directory is null");
        this.exit = requireNonNull(exit, "exit is null");
        this.pid = pid;
        this.cgroupProblem = requireNonNull(cgroupProblem, "cgroupProblem is null");
    }

    public long pid() {
        return pid;
    }

    /** Why it has no control group of its own, and so no limits; empty when it has. */
    public String cgroupProblem() {
        return cgroupProblem;
    }

    /** Holds its sockets, or its root where it is in a chroot; gone once {@link #exit} is done. */
    public Path directory() {
        return directory;
    }

    /** Completes when the process has ended and nothing of it is left; fails when the spawner itself is lost. */
    public CompletableFuture<VmmExit> exit() {
        return exit.copy();
    }

    /** Runs the action once the process has ended or the spawner is lost, at once if that has happened. */
    public void onExit(Runnable action) {
        CompletableFuture<VmmExit> _ = exit.whenComplete((end, failure) -> action.run());
    }

    /**
     * Whether it has ended, or the spawner is lost, which kills every VMM, before so much time has passed. An interrupted
     * thread waits no longer; its interrupt flag stays set.
     */
    public boolean endsWithin(Duration time) {
        try {
            VmmExit _ = exit.get(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException exception) {
            // Its next request says so.
        } catch (TimeoutException exception) {
            return false;
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
        return true;
    }

    /** The end of what it has written so far; empty when it has ended, for then {@link #exit} has it. */
    public String output() {
        return spawner.output(id);
    }

    /** What of its confinement the kernel tells to the spawner alone; nothing when it has ended. */
    public PrivilegedReading confinement() {
        return spawner.confinement(id);
    }

    /**
     * Closes to a VMM that is watched every file but its own, every program and every connection. To be called before its
     * guest runs; fails when it is not so.
     */
    public void seal() {
        spawner.seal(id);
    }

    /** Asks for its end by SIGKILL and does not wait for it. Harmless when it has ended. */
    public void kill() {
        spawner.kill(id);
    }
}

package io.neurovisor.host.spawner;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.BlockedAttempt;
import io.neurovisor.engine.vm.Flattening;
import io.neurovisor.host.probe.PrivilegedReading;
import io.neurovisor.proto.spawner.FlattenMemory;
import io.neurovisor.proto.spawner.HoldScratch;
import io.neurovisor.proto.spawner.KillVmm;
import io.neurovisor.proto.spawner.LoadMemory;
import io.neurovisor.proto.spawner.MeasureTsc;
import io.neurovisor.proto.spawner.ReleaseScratch;
import io.neurovisor.proto.spawner.Request;
import io.neurovisor.proto.spawner.SaveMemory;
import io.neurovisor.proto.spawner.ScratchHeld;
import io.neurovisor.proto.spawner.SealVmm;
import io.neurovisor.proto.spawner.Started;
import io.neurovisor.proto.spawner.TellConfinement;
import io.neurovisor.proto.spawner.TellEbpf;
import io.neurovisor.proto.spawner.TellOutput;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * A running spawner process. It watches our end of its standard input: when this JVM ends, it kills every VMM, removes their
 * directories and ends itself. Safe for use by many threads.
 */
public final class Spawner implements AutoCloseable {
    private static final long REPLY_SECONDS = 10;

    /** Before its first reply the spawner loads the eBPF programs, which the kernel verifies: seconds in an emulated machine. */
    private static final long FIRST_REPLY_SECONDS = 60;

    private final Path runtimeDirectory;
    private final SpawnerReplies replies = new SpawnerReplies();
    private final SpawnerConnection connection;
    private final AtomicBoolean tscRequested = new AtomicBoolean();
    private volatile boolean hasReplied;

    Spawner(Process process, Path runtimeDirectory) {
        this.runtimeDirectory = runtimeDirectory;
        this.connection = new SpawnerConnection(process, replies);
    }

    /**
     * Starts the program with its own runtime directory, which it creates and removes.
     *
     * @param runtimeDirectory short enough that a socket path below it stays under 108 bytes (unix(7))
     */
    public static Spawner start(SpawnerProgram program, Path runtimeDirectory) {
        try {
            Process process = new ProcessBuilder(program.command(runtimeDirectory))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            Spawner spawner = new Spawner(process, runtimeDirectory);
            Thread.ofPlatform().daemon().name("spawner-events").start(spawner::readEvents);
            return spawner;
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.SPAWNER_FAILED,
                    "spawner " + program.executable() + " cannot be started (" + exception.getMessage()
                            + "); build it with ./mvnw package",
                    exception);
        }
    }

    /** Starts a VMM in its jail; returns when its process runs and its sockets accept connections. */
    public VmmProcess startVmm(String id, VmmLaunch launch) {
        PendingVmm vmm = replies.expectVmm(id);
        connection.send(
                Request.newBuilder().setStart(StartMessage.of(id, launch)).build());
        Started started = awaitStart(id, vmm);
        return new VmmProcess(
                this, id, runtimeDirectory.resolve(id), vmm, started.getPid(), started.getCgroupProblem());
    }

    /** Waits for the reply; kills the VMM if it comes too late, because then the VMM has no owner. */
    private Started awaitStart(String id, PendingVmm vmm) {
        try {
            return await(vmm.started(), "start of VM " + id);
        } catch (NeuroVisorException exception) {
            kill(id);
            throw exception;
        }
    }

    /** Completes when nothing of that VMM is left, or when the spawner is lost, which kills every VMM. */
    public CompletableFuture<Void> gone(String id) {
        Optional<PendingVmm> vmm = replies.vmm(id);
        return vmm.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : vmm.get().exited().handle((_, _) -> null);
    }

    SpawnerReplies replies() {
        return replies;
    }

    /** Handles the events of the spawner until its output ends. */
    void readEvents() {
        connection.readEvents();
    }

    /** Restricts the spawner to these programs, irrevocably, whichever process sends the requests. May be called once. */
    public void restrict(VmmPrograms programs) {
        connection.send(Request.newBuilder().setRestrict(programs.message()).build());
    }

    long pid() {
        return connection.pid();
    }

    /** Returns the rate of this processor's time stamp counter in kHz, which is measured once. */
    public long tscKhz() {
        if (tscRequested.compareAndSet(false, true)) {
            connection.send(Request.newBuilder()
                    .setMeasureTsc(MeasureTsc.getDefaultInstance())
                    .build());
        }
        return await(replies.tscKhz(), "rate of the time stamp counter");
    }

    /**
     * Makes the spawner remove a path if this process ends before {@link #releaseScratch}. Returns once the path is recorded;
     * only then may it be created.
     *
     * @param path a directory whose name begins with a dot and contains {@code ~building-}, or a registration of a data
     *     directory
     */
    public void holdScratch(Path path) {
        CompletableFuture<ScratchHeld> reply = replies.expectScratch(path.toString());
        connection.send(Request.newBuilder()
                .setHoldScratch(HoldScratch.newBuilder().setPath(path.toString()))
                .build());
        String problem = await(reply, "hold of " + path).getProblem();
        if (!problem.isEmpty()) {
            throw new NeuroVisorException(Fault.SPAWNER_FAILED, path + " cannot be made: " + problem);
        }
    }

    /** Releases a held path, which has been removed or has its final name. */
    public void releaseScratch(Path path) {
        connection.send(Request.newBuilder()
                .setReleaseScratch(ReleaseScratch.newBuilder().setPath(path.toString()))
                .build());
    }

    /**
     * Completes with the reason if the spawner ends before {@link #close}: every VMM has ended with it, and this process cannot
     * start another.
     */
    public CompletableFuture<NeuroVisorException> lost() {
        return connection.lost().copy();
    }

    /** Ends every VMM and the spawner; returns when both are gone. Idempotent. */
    @Override
    public void close() {
        connection.close();
    }

    /** Sets the listener for blocked attempts of VMMs. It runs in the thread that reads the spawner's events and must be quick. */
    public void onBlocked(BiConsumer<String, BlockedAttempt> listener) {
        replies.onBlocked(listener);
    }

    /** Returns the state of the eBPF programs. */
    public EbpfCounts ebpf() {
        CompletableFuture<EbpfCounts> reply = connection.ask(
                replies.ebpf(),
                Request.newBuilder().setTellEbpf(TellEbpf.getDefaultInstance()).build());
        return await(reply, "state of the eBPF programs");
    }

    /** Returns the end of a VMM's output so far; empty if it has ended or the spawner does not answer. */
    String output(String id) {
        return query(
                id,
                PendingVmm::outputs,
                Request.newBuilder()
                        .setTellOutput(TellOutput.newBuilder().setVmId(id))
                        .build(),
                "");
    }

    /** Returns the part of a VMM's confinement that only the spawner can read. */
    PrivilegedReading confinement(String id) {
        return query(
                id,
                PendingVmm::confinements,
                Request.newBuilder()
                        .setTellConfinement(TellConfinement.newBuilder().setVmId(id))
                        .build(),
                PrivilegedReading.NOTHING);
    }

    void seal(String id) {
        String problem = query(
                id,
                PendingVmm::seals,
                Request.newBuilder().setSeal(SealVmm.newBuilder().setVmId(id)).build(),
                "it has ended, or its spawner does not answer");
        if (!problem.isEmpty()) {
            throw new NeuroVisorException(Fault.JAIL_FAILED, "VM " + id + " is not sealed: " + problem);
        }
    }

    /** Saves the memory that a stopped VMM has made its own; throws if nothing is saved. */
    void saveMemory(String id, SaveMemory request, Deadline deadline) {
        transfer(id, PendingVmm::saves, Request.newBuilder().setSaveMemory(request), "saved", deadline);
    }

    /** Loads saved memory into a VMM whose guest does not run; throws if it is not loaded. */
    void loadMemory(String id, LoadMemory request, Deadline deadline) {
        transfer(id, PendingVmm::loads, Request.newBuilder().setLoadMemory(request), "loaded", deadline);
    }

    String flatten(FlattenMemory request, Flattening.Progress progress, Duration limit) {
        CompletableFuture<String> reply = replies.expectFlattened(request.getTarget(), progress);
        connection.send(Request.newBuilder().setFlattenMemory(request).build());
        return await(reply, limit, "memory in " + request.getTarget());
    }

    private void transfer(
            String id,
            Function<PendingVmm, Queue<CompletableFuture<String>>> pending,
            Request.Builder request,
            String what,
            Deadline deadline) {
        String unaffected = "memory of VM " + id + " is not " + what;
        PendingVmm vmm = replies.vmm(id)
                .orElseThrow(() -> new NeuroVisorException(Fault.VMM_FAILED, unaffected + ": it has ended"));
        String problem = await(connection.ask(pending.apply(vmm), request.build()), deadline.remaining(), unaffected);
        if (!problem.isEmpty()) {
            throw new NeuroVisorException(Fault.VMM_FAILED, unaffected + ": " + problem);
        }
    }

    /** Returns the reply about a VMM, or the fallback if the VMM has ended or the spawner does not answer. */
    private <T> T query(
            String id, Function<PendingVmm, Queue<CompletableFuture<T>>> pending, Request question, T fallback) {
        Optional<PendingVmm> vmm = replies.vmm(id);
        return vmm.isEmpty()
                ? fallback
                : connection
                        .ask(pending.apply(vmm.get()), question)
                        .completeOnTimeout(fallback, REPLY_SECONDS, TimeUnit.SECONDS)
                        .exceptionally(failure -> fallback)
                        .join();
    }

    /** Kills a VMM. Does nothing if the spawner is lost: that has ended every VMM. */
    void kill(String id) {
        try {
            connection.send(Request.newBuilder()
                    .setKill(KillVmm.newBuilder().setVmId(id))
                    .build());
        } catch (NeuroVisorException exception) {
            if (exception.fault() != Fault.SPAWNER_FAILED) {
                throw exception;
            }
        }
    }

    private <T> T await(CompletableFuture<T> reply, String what) {
        T received = await(reply, Duration.ofSeconds(hasReplied ? REPLY_SECONDS : FIRST_REPLY_SECONDS), what);
        hasReplied = true;
        return received;
    }

    private static <T> T await(CompletableFuture<T> reply, Duration limit, String what) {
        try {
            return reply.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException exception) {
            if (exception.getCause() instanceof NeuroVisorException fault) {
                throw fault;
            }
            throw new NeuroVisorException(Fault.INTERNAL, what + " failed", exception);
        } catch (TimeoutException exception) {
            throw new NeuroVisorException(
                    Fault.SPAWNER_FAILED,
                    "the spawner did not answer within %d s: %s".formatted(limit.toSeconds(), what),
                    exception);
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted(what + " was interrupted", exception);
        }
    }
}

package io.neurovisor.host.spawner;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.vm.BlockedAttempt;
import io.neurovisor.host.probe.EbpfPolicyState;
import io.neurovisor.host.probe.PrivilegedReading;
import io.neurovisor.proto.spawner.Blocked;
import io.neurovisor.proto.spawner.ConfinementTold;
import io.neurovisor.proto.spawner.Event;
import io.neurovisor.proto.spawner.Exited;
import io.neurovisor.proto.spawner.HoldScratch;
import io.neurovisor.proto.spawner.KillVmm;
import io.neurovisor.proto.spawner.MeasureTsc;
import io.neurovisor.proto.spawner.Policy;
import io.neurovisor.proto.spawner.ReleaseScratch;
import io.neurovisor.proto.spawner.Request;
import io.neurovisor.proto.spawner.ScratchHeld;
import io.neurovisor.proto.spawner.SealVmm;
import io.neurovisor.proto.spawner.Started;
import io.neurovisor.proto.spawner.TellConfinement;
import io.neurovisor.proto.spawner.TellEbpf;
import io.neurovisor.proto.spawner.TellOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One running spawner process. It watches our end of its standard input: when this JVM is gone, it kills every VMM,
 * removes their directories and ends. Safe for use by many threads.
 */
public final class Spawner implements AutoCloseable {
    private static final long ANSWER_SECONDS = 10;

    private final Process process;
    private final Path runtimeDirectory;
    private final Object writeLock = new Object();

    @GuardedBy("writeLock")
    private final OutputStream requests;

    private final Map<String, PendingVmm> entries = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<ScratchHeld>> scratch = new ConcurrentHashMap<>();
    private final Queue<CompletableFuture<EbpfCounts>> ebpf = new ConcurrentLinkedQueue<>();
    private final CompletableFuture<NeuroVisorException> lost = new CompletableFuture<>();
    private volatile @Nullable CompletableFuture<Long> tscKhz;
    private volatile boolean closed;
    private volatile BiConsumer<String, BlockedAttempt> blocked = (id, attempt) -> {};

    Spawner(Process process, Path runtimeDirectory) {
        this.process = process;
        this.runtimeDirectory = runtimeDirectory;
        this.requests = process.getOutputStream();
    }

    /**
     * Starts the program with a runtime directory of its own, which it creates and removes.
     *
     * @param runtimeDirectory short enough that a socket path below it stays under 108 bytes (unix(7))
     */
    public static Spawner start(SpawnerProgram program, Path runtimeDirectory) {
        requireNonNull(runtimeDirectory, "runtimeDirectory is null");
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

    /** Starts a VMM in its jail; returns when its process runs and its sockets can be connected. */
    public VmmProcess startVmm(String id, VmmLaunch launch) {
        PendingVmm entry = awaited(id);
        send(Request.newBuilder().setStart(StartMessage.of(id, launch)).build());
        Started started = awaitStart(id, entry);
        return new VmmProcess(
                this, id, runtimeDirectory.resolve(id), entry.exited(), started.getPid(), started.getCgroupProblem());
    }

    /** A start that comes after its answer was given up would run a VMM that has no owner. */
    private Started awaitStart(String id, PendingVmm entry) {
        try {
            return await(entry.started(), "start of VM " + id);
        } catch (NeuroVisorException exception) {
            kill(id);
            throw exception;
        }
    }

    /** Completes when nothing is left of that VMM, or the spawner is lost, which kills every VMM. */
    public CompletableFuture<Void> gone(String id) {
        PendingVmm entry = entries.get(id);
        return entry == null
                ? CompletableFuture.completedFuture(null)
                : entry.exited().handle((_, _) -> null);
    }

    /** Of whom the spawner may speak from now on. */
    PendingVmm awaited(String id) {
        PendingVmm entry = new PendingVmm();
        if (entries.putIfAbsent(id, entry) != null) {
            throw new IllegalArgumentException("VM " + id + " is already running");
        }
        return entry;
    }

    /** From now on it starts these and no other programs, whoever asks it. Once, and not to be taken back. */
    public void restrict(VmmPrograms programs) {
        send(Request.newBuilder().setRestrict(programs.message()).build());
    }

    /** Of the spawner itself. */
    long pid() {
        return process.pid();
    }

    /** The rate of this processor's time stamp counter in kHz, measured once. */
    public long tscKhz() {
        CompletableFuture<Long> measured;
        synchronized (writeLock) {
            measured = tscKhz;
            if (measured == null) {
                measured = new CompletableFuture<>();
                tscKhz = measured;
                send(Request.newBuilder()
                        .setMeasureTsc(MeasureTsc.getDefaultInstance())
                        .build());
            }
        }
        return await(measured, "rate of the time stamp counter");
    }

    /**
     * Has the spawner remove what is about to be made, should this process end before {@link #releaseScratch}. Returns
     * once that is written down.
     *
     * @param path a directory named with a dot first and {@code ~building-} in it, or a registration of a data directory
     */
    public void holdScratch(Path path) {
        CompletableFuture<ScratchHeld> answer = new CompletableFuture<>();
        if (scratch.putIfAbsent(path.toString(), answer) != null) {
            throw new IllegalArgumentException(path + " is held already");
        }
        send(Request.newBuilder()
                .setHoldScratch(HoldScratch.newBuilder().setPath(path.toString()))
                .build());
        String problem = await(answer, "hold of " + path).getProblem();
        if (!problem.isEmpty()) {
            throw new NeuroVisorException(Fault.SPAWNER_FAILED, path + " cannot be made: " + problem);
        }
    }

    /** To be called when it is gone or has its final name. */
    public void releaseScratch(Path path) {
        send(Request.newBuilder()
                .setReleaseScratch(ReleaseScratch.newBuilder().setPath(path.toString()))
                .build());
    }

    /**
     * Completes with the reason when the spawner ends before {@link #close}: every VMM has ended with it, and this process can
     * start no other.
     */
    public CompletableFuture<NeuroVisorException> lost() {
        return lost.copy();
    }

    /** Ends every VMM and the spawner; returns when both are gone. Idempotent. */
    @Override
    public void close() {
        closed = true;
        try {
            synchronized (writeLock) {
                requests.close();
            }
        } catch (IOException exception) {
            // The pipe is closed either way, and its end is all the spawner needs.
        }
        try {
            // Also when this thread is interrupted: who cancels a run must not kill what cleans up after it.
            process.onExit().orTimeout(ANSWER_SECONDS, TimeUnit.SECONDS).join();
        } catch (CompletionException late) {
            process.destroyForcibly();
        }
    }

    /** Who hears of what VMMs try, in the thread that reads what the spawner tells: it has to be quick. */
    public void onBlocked(BiConsumer<String, BlockedAttempt> listener) {
        blocked = requireNonNull(listener, "listener is null");
    }

    /** How the eBPF programs stand. */
    public EbpfCounts ebpf() {
        CompletableFuture<EbpfCounts> answer = ask(
                ebpf,
                Request.newBuilder().setTellEbpf(TellEbpf.getDefaultInstance()).build());
        return await(answer, "state of the eBPF programs");
    }

    /** The end of what a VMM has written so far; empty when it has ended or the spawner does not answer. */
    String output(String id) {
        return tell(
                id,
                PendingVmm::outputs,
                Request.newBuilder()
                        .setTellOutput(TellOutput.newBuilder().setVmId(id))
                        .build(),
                "");
    }

    /** What of a VMM's confinement the kernel tells to the spawner alone. */
    PrivilegedReading confinement(String id) {
        return tell(
                id,
                PendingVmm::confinements,
                Request.newBuilder()
                        .setTellConfinement(TellConfinement.newBuilder().setVmId(id))
                        .build(),
                PrivilegedReading.NOTHING);
    }

    void seal(String id) {
        String problem = tell(
                id,
                PendingVmm::seals,
                Request.newBuilder().setSeal(SealVmm.newBuilder().setVmId(id)).build(),
                "it has ended, or its spawner does not answer");
        if (!problem.isEmpty()) {
            throw new NeuroVisorException(Fault.JAIL_FAILED, "VM " + id + " is not sealed: " + problem);
        }
    }

    /** The answer about a VMM, or the other where it has ended or nobody answers. */
    private <T> T tell(
            String id, Function<PendingVmm, Queue<CompletableFuture<T>>> answers, Request question, T otherwise) {
        PendingVmm entry = entries.get(id);
        if (entry == null) {
            return otherwise;
        }
        return ask(answers.apply(entry), question)
                .completeOnTimeout(otherwise, ANSWER_SECONDS, TimeUnit.SECONDS)
                .exceptionally(lost -> otherwise)
                .join();
    }

    private <T> CompletableFuture<T> ask(Queue<CompletableFuture<T>> answers, Request question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        synchronized (writeLock) {
            // Under the lock, so that the answers come in the order of the questions.
            answers.add(answer);
            send(question);
        }
        return answer;
    }

    /** To whoever has asked first; of a VM that has just ended nobody waits any more. */
    private static <T> void answer(@Nullable Queue<CompletableFuture<T>> awaited, T value) {
        CompletableFuture<T> first = awaited == null ? null : awaited.poll();
        if (first != null) {
            first.complete(value);
        }
    }

    /** Harmless when the spawner is lost, for that ends every VMM, and whoever waits for one is told. */
    void kill(String id) {
        try {
            send(Request.newBuilder().setKill(KillVmm.newBuilder().setVmId(id)).build());
        } catch (NeuroVisorException exception) {
            if (exception.fault() != Fault.SPAWNER_FAILED) {
                throw exception;
            }
        }
    }

    private void send(Request request) {
        try {
            synchronized (writeLock) {
                request.writeDelimitedTo(requests);
                requests.flush();
            }
        } catch (IOException exception) {
            throw ended(exception);
        }
    }

    /** Until it says no more; then nobody waits for it. */
    void readEvents() {
        try {
            for (Event event = next(); event != null; event = next()) {
                handle(event);
            }
            failAll(ended(null));
        } catch (IOException exception) {
            failAll(ended(exception));
        } catch (NeuroVisorException exception) {
            // Nothing that it tells from here on means anything.
            failAll(exception);
            throw exception;
        }
    }

    private @Nullable Event next() throws IOException {
        return Event.parseDelimitedFrom(process.getInputStream());
    }

    private void handle(Event event) {
        switch (event.getEventCase()) {
            case STARTED -> entry(event.getStarted().getVmId()).started().complete(event.getStarted());
            case REJECTED -> {
                PendingVmm entry = entry(event.getRejected().getVmId());
                entries.remove(event.getRejected().getVmId());
                entry.fail(new NeuroVisorException(
                        event.getRejected().getNoJail() ? Fault.JAIL_FAILED : Fault.VMM_FAILED,
                        "the VMM cannot be started: " + event.getRejected().getReason()));
            }
            case EXITED -> {
                Exited exited = event.getExited();
                PendingVmm entry = entry(exited.getVmId());
                entries.remove(exited.getVmId());
                entry.end(new VmmExit(
                        exited.getExitCode(), exited.getSignal(), exited.getOutputTail(), exited.getOomKilled()));
            }
            case TSC_MEASURED -> {
                CompletableFuture<Long> measured = tscKhz;
                if (measured != null) {
                    measured.complete(event.getTscMeasured().getKhz());
                }
            }
            case SCRATCH_HELD -> {
                ScratchHeld held = event.getScratchHeld();
                CompletableFuture<ScratchHeld> awaited = scratch.remove(held.getPath());
                if (awaited != null) {
                    awaited.complete(held);
                }
            }
            case OUTPUT -> {
                PendingVmm entry = entries.get(event.getOutput().getVmId());
                answer(entry == null ? null : entry.outputs(), event.getOutput().getTail());
            }
            case CONFINEMENT_TOLD -> {
                PendingVmm entry = entries.get(event.getConfinementTold().getVmId());
                answer(entry == null ? null : entry.confinements(), told(event.getConfinementTold()));
            }
            case SEALED -> {
                PendingVmm entry = entries.get(event.getSealed().getVmId());
                answer(entry == null ? null : entry.seals(), event.getSealed().getProblem());
            }
            case EBPF -> answer(ebpf, EbpfCounts.of(event.getEbpf()));
            case BLOCKED -> {
                Blocked told = event.getBlocked();
                blocked.accept(told.getVmId(), new BlockedAttempt(told.getHook(), told.getSubject(), told.getAudit()));
            }
            case EVENT_NOT_SET ->
                throw new NeuroVisorException(
                        Fault.SPAWNER_FAILED, "the spawner speaks another version; build both with ./mvnw package");
        }
    }

    private static PrivilegedReading told(ConfinementTold told) {
        Policy policy = told.getPolicy();
        return new PrivilegedReading(
                told.getNamespacesMap(),
                told.hasPolicy()
                        ? Optional.of(new EbpfPolicyState(policy.getSealed(), policy.getAudit(), policy.getProblem()))
                        : Optional.empty());
    }

    private PendingVmm entry(String id) {
        PendingVmm entry = entries.get(id);
        if (entry == null) {
            throw new NeuroVisorException(Fault.INTERNAL, "the spawner speaks of VM " + id + ", which was not started");
        }
        return entry;
    }

    private void failAll(NeuroVisorException exception) {
        entries.values().forEach(entry -> entry.fail(exception));
        ebpf.forEach(told -> told.completeExceptionally(exception));
        scratch.values().forEach(held -> held.completeExceptionally(exception));
        CompletableFuture<Long> measured = tscKhz;
        if (measured != null) {
            measured.completeExceptionally(exception);
        }
        if (!closed) {
            lost.complete(exception);
        }
    }

    private NeuroVisorException ended(@Nullable IOException cause) {
        return new NeuroVisorException(
                Fault.SPAWNER_FAILED, "the spawner has ended, and with it every virtual machine; start again", cause);
    }

    private static <T> T await(CompletableFuture<T> answer, String what) {
        try {
            return answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException exception) {
            if (exception.getCause() instanceof NeuroVisorException fault) {
                throw fault;
            }
            throw new NeuroVisorException(Fault.INTERNAL, what + " failed", exception);
        } catch (TimeoutException exception) {
            throw new NeuroVisorException(
                    Fault.SPAWNER_FAILED, "the spawner did not answer within 10 s: " + what, exception);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new NeuroVisorException(Fault.INTERRUPTED, what + " was interrupted", exception);
        }
    }
}

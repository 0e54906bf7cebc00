package io.neurovisor.host.spawner;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.vm.BlockedAttempt;
import io.neurovisor.engine.vm.Flattening;
import io.neurovisor.host.probe.EbpfPolicyState;
import io.neurovisor.host.probe.PrivilegedReading;
import io.neurovisor.proto.spawner.Blocked;
import io.neurovisor.proto.spawner.ConfinementTold;
import io.neurovisor.proto.spawner.Event;
import io.neurovisor.proto.spawner.Exited;
import io.neurovisor.proto.spawner.MemoryFlattened;
import io.neurovisor.proto.spawner.MemoryLoaded;
import io.neurovisor.proto.spawner.MemorySaved;
import io.neurovisor.proto.spawner.Policy;
import io.neurovisor.proto.spawner.Rejected;
import io.neurovisor.proto.spawner.ScratchHeld;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** The replies that are expected of a spawner. Each event of the spawner completes one of them. Safe for use by many threads. */
final class SpawnerReplies {
    private final Map<String, PendingVmm> vmms = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<ScratchHeld>> scratch = new ConcurrentHashMap<>();
    private final Map<String, PendingMemory> flattened = new ConcurrentHashMap<>();
    private final Queue<CompletableFuture<EbpfCounts>> ebpf = new ConcurrentLinkedQueue<>();
    private final CompletableFuture<Long> tscKhz = new CompletableFuture<>();
    private volatile BiConsumer<String, BlockedAttempt> blocked = (id, attempt) -> {};

    /** A memory that is being made. */
    private record PendingMemory(Flattening.Progress progress, CompletableFuture<String> reply) {}

    /** Expects events of a VMM that is about to be started. */
    PendingVmm expectVmm(String id) {
        PendingVmm vmm = new PendingVmm();
        if (vmms.putIfAbsent(id, vmm) != null) {
            throw new IllegalArgumentException("VM " + id + " is already running");
        }
        return vmm;
    }

    /** Returns a VMM that has not ended. */
    Optional<PendingVmm> vmm(String id) {
        return Optional.ofNullable(vmms.get(id));
    }

    CompletableFuture<ScratchHeld> expectScratch(String path) {
        CompletableFuture<ScratchHeld> reply = new CompletableFuture<>();
        if (scratch.putIfAbsent(path, reply) != null) {
            throw new IllegalArgumentException(path + " is held already");
        }
        return reply;
    }

    /**
     * Expects a memory in a directory. The reply is why it was not made, or an empty text.
     *
     * @param progress is called by the thread that reads the spawner's events and must be quick
     */
    CompletableFuture<String> expectFlattened(String target, Flattening.Progress progress) {
        PendingMemory memory = new PendingMemory(progress, new CompletableFuture<>());
        if (flattened.putIfAbsent(target, memory) != null) {
            throw new IllegalArgumentException("a memory is made in " + target + " already");
        }
        return memory.reply();
    }

    /** Returns the pending requests for the state of the eBPF programs, which are answered in their order. */
    Queue<CompletableFuture<EbpfCounts>> ebpf() {
        return ebpf;
    }

    CompletableFuture<Long> tscKhz() {
        return tscKhz;
    }

    void onBlocked(BiConsumer<String, BlockedAttempt> listener) {
        blocked = listener;
    }

    /** Completes the reply to which an event belongs; throws if the event makes no sense. */
    void handle(Event event) {
        switch (event.getEventCase()) {
            case STARTED -> known(event.getStarted().getVmId()).started().complete(event.getStarted());
            case REJECTED -> reject(event.getRejected());
            case KILLED -> known(event.getKilled().getVmId()).killed().complete(null);
            case EXITED -> exit(event.getExited());
            case TSC_MEASURED -> tscKhz.complete(event.getTscMeasured().getKhz());
            case SCRATCH_HELD -> hold(event.getScratchHeld());
            case OUTPUT ->
                answer(
                        event.getOutput().getVmId(),
                        PendingVmm::outputs,
                        event.getOutput().getTail());
            case CONFINEMENT_TOLD ->
                answer(
                        event.getConfinementTold().getVmId(),
                        PendingVmm::confinements,
                        reading(event.getConfinementTold()));
            case SEALED ->
                answer(
                        event.getSealed().getVmId(),
                        PendingVmm::seals,
                        event.getSealed().getProblem());
            case MEMORY_SAVED -> answer(event.getMemorySaved());
            case MEMORY_LOADED -> answer(event.getMemoryLoaded());
            case MEMORY_FLATTENED -> flatten(event.getMemoryFlattened());
            case EBPF -> completeFirst(ebpf, EbpfCounts.of(event.getEbpf()));
            case BLOCKED -> reportBlocked(event.getBlocked());
            case EVENT_NOT_SET ->
                throw new NeuroVisorException(
                        Fault.SPAWNER_FAILED, "the spawner speaks another version; build both with ./mvnw package");
        }
    }

    private void answer(MemorySaved saved) {
        answer(saved.getVmId(), PendingVmm::saves, saved.getProblem());
    }

    private void answer(MemoryLoaded loaded) {
        answer(loaded.getVmId(), PendingVmm::loads, loaded.getProblem());
    }

    private void flatten(MemoryFlattened memory) {
        Optional.ofNullable(memory.getDone() ? flattened.remove(memory.getTarget()) : flattened.get(memory.getTarget()))
                .ifPresent(pending -> {
                    if (memory.getDone()) {
                        pending.reply().complete(memory.getProblem());
                    } else {
                        pending.progress().copied(memory.getCopiedBytes(), memory.getTotalBytes());
                    }
                });
    }

    private void hold(ScratchHeld held) {
        Optional.ofNullable(scratch.remove(held.getPath())).ifPresent(reply -> reply.complete(held));
    }

    private void reject(Rejected rejected) {
        ended(rejected.getVmId())
                .fail(new NeuroVisorException(
                        rejected.getNoJail() ? Fault.JAIL_FAILED : Fault.VMM_FAILED,
                        "the VMM cannot be started: " + rejected.getReason()));
    }

    private void exit(Exited exited) {
        ended(exited.getVmId())
                .end(new VmmExit(
                        exited.getExitCode(), exited.getSignal(), exited.getOutputTail(), exited.getOomKilled()));
    }

    private void reportBlocked(Blocked attempt) {
        blocked.accept(
                attempt.getVmId(), new BlockedAttempt(attempt.getHook(), attempt.getSubject(), attempt.getAudit()));
    }

    /** Fails all replies, because no further event will arrive. */
    void failAll(NeuroVisorException exception) {
        vmms.values().forEach(vmm -> vmm.fail(exception));
        ebpf.forEach(reply -> reply.completeExceptionally(exception));
        scratch.values().forEach(reply -> reply.completeExceptionally(exception));
        flattened.values().forEach(memory -> memory.reply().completeExceptionally(exception));
        tscKhz.completeExceptionally(exception);
    }

    private PendingVmm known(String id) {
        return vmm(id).orElseThrow(() -> unknown(id));
    }

    private PendingVmm ended(String id) {
        return Optional.ofNullable(vmms.remove(id)).orElseThrow(() -> unknown(id));
    }

    private static NeuroVisorException unknown(String id) {
        return new NeuroVisorException(Fault.INTERNAL, "the spawner reported on VM " + id + ", which was not started");
    }

    /** Answers the oldest question about a VMM. A reply about a VMM that has just ended is dropped. */
    private <T> void answer(String id, Function<PendingVmm, Queue<CompletableFuture<T>>> replies, T value) {
        vmm(id).ifPresent(vmm -> completeFirst(replies.apply(vmm), value));
    }

    private static <T> void completeFirst(Queue<CompletableFuture<T>> replies, T value) {
        Optional.ofNullable(replies.poll()).ifPresent(first -> first.complete(value));
    }

    private static PrivilegedReading reading(ConfinementTold message) {
        Policy policy = message.getPolicy();
        return new PrivilegedReading(
                message.getNamespacesMap(),
                message.hasPolicy()
                        ? Optional.of(new EbpfPolicyState(policy.getSealed(), policy.getAudit(), policy.getProblem()))
                        : Optional.empty());
    }
}

package io.neurovisor.host.spawner;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.PrivilegedReading;
import io.neurovisor.proto.spawner.Started;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

/**
 * The replies that are expected of one VMM: to its start, to a kill, about its end, and to questions in between. Each kind of question is
 * answered in the order in which it was asked.
 */
record PendingVmm(
        CompletableFuture<Started> started,
        CompletableFuture<Void> killed,
        CompletableFuture<VmmExit> exited,
        Queue<CompletableFuture<String>> outputs,
        Queue<CompletableFuture<PrivilegedReading>> confinements,
        Queue<CompletableFuture<String>> seals,
        Queue<CompletableFuture<String>> saves,
        Queue<CompletableFuture<String>> loads) {
    PendingVmm() {
        this(
                new CompletableFuture<>(),
                new CompletableFuture<>(),
                new CompletableFuture<>(),
                new ConcurrentLinkedQueue<>(),
                new ConcurrentLinkedQueue<>(),
                new ConcurrentLinkedQueue<>(),
                new ConcurrentLinkedQueue<>(),
                new ConcurrentLinkedQueue<>());
    }

    /** Answers all pending questions as for a VMM that has ended. */
    void end(VmmExit exit) {
        outputs.forEach(output -> output.complete(""));
        confinements.forEach(reading -> reading.complete(PrivilegedReading.NOTHING));
        problems().forEach(problem -> problem.complete("it has ended"));
        // For a VMM that ended before it was started.
        started.completeExceptionally(new NeuroVisorException(
                Fault.VMM_FAILED, "the VMM has ended before it was started: it " + exit.describe()));
        exited.complete(exit);
        killed.complete(null);
    }

    /** Fails all pending replies, because the spawner sends no more. */
    void fail(NeuroVisorException exception) {
        started.completeExceptionally(exception);
        exited.completeExceptionally(exception);
        killed.complete(null); // A VMM ends with its spawner.
        outputs.forEach(output -> output.completeExceptionally(exception));
        confinements.forEach(reading -> reading.completeExceptionally(exception));
        problems().forEach(problem -> problem.completeExceptionally(exception));
    }

    /** Returns the pending requests that are answered by a problem. */
    private Stream<CompletableFuture<String>> problems() {
        return Stream.of(seals, saves, loads).flatMap(Queue::stream);
    }
}

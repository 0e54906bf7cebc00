package io.neurovisor.host.spawner;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.PrivilegedReading;
import io.neurovisor.proto.spawner.Started;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What is awaited of one VMM: the answer to its start, then its end, and meanwhile answers to questions, each kind in the order
 * in which it was asked.
 */
record PendingVmm(
        CompletableFuture<Started> started,
        CompletableFuture<VmmExit> exited,
        Queue<CompletableFuture<String>> outputs,
        Queue<CompletableFuture<PrivilegedReading>> confinements,
        Queue<CompletableFuture<String>> seals) {
    PendingVmm() {
        this(
                new CompletableFuture<>(),
                new CompletableFuture<>(),
                new ConcurrentLinkedQueue<>(),
                new ConcurrentLinkedQueue<>(),
                new ConcurrentLinkedQueue<>());
    }

    /** Answers whoever still asks of it as of one that has ended. */
    void end(VmmExit exit) {
        outputs.forEach(output -> output.complete(""));
        confinements.forEach(told -> told.complete(PrivilegedReading.NOTHING));
        seals.forEach(seal -> seal.complete("it has ended"));
        // One that ends without having been started has nobody waiting for its start any longer.
        started.completeExceptionally(new NeuroVisorException(
                Fault.VMM_FAILED, "the VMM has ended before it was started: it " + exit.describe()));
        exited.complete(exit);
    }

    /** Nobody answers any more. */
    void fail(NeuroVisorException exception) {
        started.completeExceptionally(exception);
        exited.completeExceptionally(exception);
        outputs.forEach(output -> output.completeExceptionally(exception));
        confinements.forEach(told -> told.completeExceptionally(exception));
        seals.forEach(seal -> seal.completeExceptionally(exception));
    }
}

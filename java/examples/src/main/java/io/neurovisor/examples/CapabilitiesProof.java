package io.neurovisor.examples;

import io.neurovisor.engine.layer.Layer;
import io.neurovisor.host.jail.SelfConfinement;
import io.neurovisor.host.nativecalls.ConfinementSignal;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.ProcessThreads;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** Reads the capabilities of a VMM, drops those of this process as a daemon does, and tries to regain them. */
final class CapabilitiesProof {
    private static final Duration DELIVERY = Duration.ofMillis(200);

    /** CAP_DAC_OVERRIDE. */
    private static final long KEPT = 1L << 1;

    /** Up to CAP_CHECKPOINT_RESTORE, the last capability of Linux (capabilities(7)). */
    private static final long ALL = (1L << 41) - 1;

    private CapabilitiesProof() {}

    static void run(ExampleRun run) {
        run.checkLayer(Layer.CAPABILITIES);
        run.note("this process may use " + permitted(ProcessThreads.read(HostFiles.SYSTEM)));
        SelfConfinement confinement = SelfConfinement.begin(List.of(Path.of("/")));
        long kept = confinement.passesPermissions() ? KEPT : 0;
        ProcessThreads confined = ProcessThreads.read(HostFiles.SYSTEM);
        run.check(
                confined.holdingMoreThan(kept).isEmpty(),
                "it has dropped all but " + permitted(confined) + ", on each of " + confined.count() + " threads");

        ConfinementSignal everything = ConfinementSignal.keeping(ALL, Optional.empty());
        confined.ids().forEach(everything::send);
        LockSupport.parkNanos(DELIVERY.toNanos());
        ProcessThreads asked = ProcessThreads.read(HostFiles.SYSTEM);
        run.check(
                asked.holdingMoreThan(kept).isEmpty(),
                "after each thread has asked the kernel for all of them again: " + permitted(asked));
    }

    private static String permitted(ProcessThreads threads) {
        return "%016x".formatted(threads.permitted());
    }
}

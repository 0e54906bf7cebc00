package io.neurovisor.host.jail;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.nativecalls.ConfinementSignal;
import io.neurovisor.host.nativecalls.Landlock;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.ProcessThreads;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Takes from every thread of this process, irrevocably, root's capabilities that a daemon does not need, and the right
 * to change files outside of its directories.
 */
final class PrivilegeDrop {
    /** CAP_DAC_OVERRIDE: the sockets of VMs belong to the users of the VMs. */
    static final long KEPT = 1L << 1;

    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Duration SCAN_INTERVAL = Duration.ofMillis(1);

    /**
     * A thread that still has the capabilities may start another one, which the scan that finds its parent without them
     * has missed. The next scan finds it.
     */
    private static final int CLEAN_SCANS = 2;

    private final HostFiles files;
    private final List<Path> writable;

    /** @param writable the directories in which files may still be changed */
    PrivilegeDrop(HostFiles files, List<Path> writable) {
        this.files = files;
        this.writable = List.copyOf(writable);
    }

    /**
     * Returns when no thread has further capabilities; immediately if none had, because the process is then not root's
     * and can only change its user's files.
     *
     * @return whether writing is restricted, which needs a kernel with Landlock
     */
    boolean run() {
        ProcessThreads before = ProcessThreads.read(files);
        if (before.holdingMoreThan(KEPT).isEmpty()) {
            return false;
        }
        Optional<Landlock> ruleset = Landlock.writingOnly(writable);
        try {
            drop(ConfinementSignal.keeping(before.permitted() & KEPT, ruleset));
        } finally {
            ruleset.ifPresent(Landlock::close);
        }
        return ruleset.isPresent();
    }

    private void drop(ConfinementSignal signal) {
        Deadline deadline = Deadline.after(LIMIT, Ticker.SYSTEM);
        int clean = 0;
        while (clean < CLEAN_SCANS) {
            List<Long> left = ProcessThreads.read(files).holdingMoreThan(KEPT);
            clean = left.isEmpty() ? clean + 1 : 0;
            left.forEach(signal::send);
            if (!left.isEmpty()) {
                await(deadline, left);
            }
        }
    }

    private static void await(Deadline deadline, List<Long> left) {
        if (deadline.hasPassed()) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED,
                    left.size() + " of its threads keep capabilities and files that were to be given up within "
                            + LIMIT.toSeconds() + " s");
        }
        LockSupport.parkNanos(SCAN_INTERVAL.toNanos());
    }
}

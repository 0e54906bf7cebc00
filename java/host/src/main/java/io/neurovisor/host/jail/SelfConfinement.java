package io.neurovisor.host.jail;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.OwnThreads;

/**
 * What this process has closed to itself, for good: the system calls that {@code daemon.seccomp} names, on every thread that
 * it has or will have. Whoever takes the process over cannot start a program with it.
 *
 * @param rules how many lines the policy has
 * @param threads how many there were, each read back from the kernel
 */
public record SelfConfinement(int rules, int threads) {
    /**
     * Closes them. Nothing this process calls later may need them, and it cannot be undone; other processes, such as its
     * spawner, are left as they are. Fails unless the kernel then shows the filter on every thread.
     */
    public static SelfConfinement begin() {
        SeccompPolicy policy = SeccompPolicy.daemon();
        try {
            policy.install();
        } catch (NeuroVisorException exception) {
            throw new NeuroVisorException(
                    Fault.DAEMON_UNCONFINED, refusal(String.valueOf(exception.getMessage())), exception);
        }
        OwnThreads threads = OwnThreads.read(HostFiles.SYSTEM);
        threads.unfiltered().ifPresent(problem -> {
            throw new NeuroVisorException(Fault.DAEMON_UNCONFINED, refusal(problem));
        });
        return new SelfConfinement(policy.rules().size(), threads.count());
    }

    private static String refusal(String problem) {
        return "the daemon cannot close to itself the system calls that it has no use for, so it does not serve: "
                + problem;
    }
}

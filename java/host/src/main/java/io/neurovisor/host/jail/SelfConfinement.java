package io.neurovisor.host.jail;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.ProcessThreads;
import java.nio.file.Path;
import java.util.List;

/**
 * What this process has given up, for good, on every thread that it has or will have: the system calls that
 * {@code daemon.seccomp} names, root's capabilities, and the files outside of its directories that root could change. An attacker
 * who takes the process over cannot start a program with it.
 *
 * @param rules how many lines the policy has
 * @param threads how many there were, each read back from the kernel
 * @param filesClosed whether it changes files below its directories only
 * @param passesPermissions whether it keeps the one capability that a daemon of root's needs, CAP_DAC_OVERRIDE
 */
public record SelfConfinement(int rules, int threads, boolean filesClosed, boolean passesPermissions) {
    /**
     * Gives them up: capabilities first, for that takes a system call which is closed then. Nothing this process calls later may
     * need them, and it cannot be undone; other processes, such as its spawner, are left as they are. Fails unless the kernel
     * then shows it on every thread.
     *
     * @param writable directories, and files, that root's process may still change; those of another user are that user's
     */
    public static SelfConfinement begin(List<Path> writable) {
        SeccompPolicy policy = SeccompPolicy.daemon();
        boolean filesClosed;
        try {
            filesClosed = new PrivilegeDrop(HostFiles.SYSTEM, writable).run();
            policy.install();
        } catch (NeuroVisorException exception) {
            throw new NeuroVisorException(
                    Fault.DAEMON_UNCONFINED, refusal(String.valueOf(exception.getMessage())), exception);
        }
        ProcessThreads threads = ProcessThreads.read(HostFiles.SYSTEM);
        threads.unfiltered().ifPresent(problem -> {
            throw new NeuroVisorException(Fault.DAEMON_UNCONFINED, refusal(problem));
        });
        int privileged = threads.holdingMoreThan(PrivilegeDrop.KEPT).size();
        if (privileged > 0) {
            throw new NeuroVisorException(
                    Fault.DAEMON_UNCONFINED,
                    refusal(privileged + " of " + threads.count() + " threads have capabilities again"));
        }
        return new SelfConfinement(policy.rules().size(), threads.count(), filesClosed, threads.permitted() != 0);
    }

    private static String refusal(String problem) {
        return "the daemon cannot give up the system calls and privileges that it has no use for, so it does not serve: "
                + problem;
    }
}

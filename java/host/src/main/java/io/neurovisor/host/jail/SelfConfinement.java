package io.neurovisor.host.jail;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.ProcessThreads;
import java.nio.file.Path;
import java.util.List;

/**
 * The privileges that this process has given up irrevocably in all its present and future threads: the system calls in
 * {@code daemon.seccomp}, root's capabilities, and root's right to change files outside of its directories. An attacker
 * who takes over the process cannot start programs with it.
 *
 * @param rules the number of lines of the policy
 * @param threads the number of threads, each verified in the kernel
 * @param filesClosed whether the process can only change files below its directories
 * @param passesPermissions whether the process keeps CAP_DAC_OVERRIDE, which a daemon of root needs
 */
public record SelfConfinement(int rules, int threads, boolean filesClosed, boolean passesPermissions) {
    /**
     * Gives up the privileges, capabilities first, because that takes a system call that is denied afterwards. It
     * cannot be undone, and no later code of this process may need them; other processes, such as its spawner, keep
     * theirs. Throws unless the kernel confirms it for every thread.
     *
     * @param writable directories and files that root's process may still change; for another user all its files remain
     *     writable
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
        return "the daemon cannot give up its unneeded system calls and privileges, so it does not serve: " + problem;
    }
}

package io.neurovisor.host.jail;

import io.neurovisor.host.nativecalls.SeccompRule;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An argument of a system call that a policy may examine.
 *
 * @param index 0 to 5
 * @param width the bits of it that the kernel uses
 * @param constants values by their names in the kernel's headers
 */
record SyscallArgument(String syscall, String argument, int index, long width, Map<String, Long> constants) {
    private static final long INT = 0xffff_ffffL;
    private static final long POINTER = -1L;

    private static final List<SyscallArgument> KNOWN = List.of(
            new SyscallArgument(
                    "arch_prctl",
                    "code",
                    0,
                    INT,
                    Map.of(
                            "ARCH_SET_FS", 0x1002L,
                            "ARCH_GET_XCOMP_SUPP", 0x1021L,
                            "ARCH_GET_XCOMP_PERM", 0x1022L,
                            "ARCH_REQ_XCOMP_PERM", 0x1023L,
                            "ARCH_GET_XCOMP_GUEST_PERM", 0x1024L,
                            "ARCH_REQ_XCOMP_GUEST_PERM", 0x1025L,
                            "ARCH_CET_STATUS", 0x3001L,
                            "ARCH_SHSTK_STATUS", 0x5005L)),
            new SyscallArgument(
                    "clone",
                    "flags",
                    0,
                    INT,
                    Map.ofEntries(
                            Map.entry("CLONE_VM", 0x100L),
                            Map.entry("CLONE_FS", 0x200L),
                            Map.entry("CLONE_FILES", 0x400L),
                            Map.entry("CLONE_SIGHAND", 0x800L),
                            Map.entry("CLONE_THREAD", 0x10000L),
                            Map.entry("CLONE_NEWNS", 0x20000L),
                            Map.entry("CLONE_SYSVSEM", 0x40000L),
                            Map.entry("CLONE_SETTLS", 0x80000L),
                            Map.entry("CLONE_PARENT_SETTID", 0x100000L),
                            Map.entry("CLONE_CHILD_CLEARTID", 0x200000L),
                            Map.entry("CLONE_NEWCGROUP", 0x2000000L),
                            Map.entry("CLONE_NEWUTS", 0x4000000L),
                            Map.entry("CLONE_NEWIPC", 0x8000000L),
                            Map.entry("CLONE_NEWUSER", 0x10000000L),
                            Map.entry("CLONE_NEWPID", 0x20000000L),
                            Map.entry("CLONE_NEWNET", 0x40000000L))),
            new SyscallArgument(
                    "fcntl",
                    "command",
                    1,
                    INT,
                    Map.of(
                            "F_GETFD", 1L,
                            "F_SETFD", 2L,
                            "F_GETFL", 3L,
                            "F_SETFL", 4L,
                            "F_DUPFD_CLOEXEC", 1030L,
                            "F_ADD_SEALS", 1033L)),
            new SyscallArgument(
                    "ioctl", "request", 1, INT, Map.of("TCGETS", 0x5401L, "TIOCSTI", 0x5412L, "TIOCLINUX", 0x541cL)),
            new SyscallArgument(
                    "prctl",
                    "option",
                    0,
                    INT,
                    Map.of(
                            "PR_SET_NAME", 15L,
                            "PR_CAPBSET_READ", 23L,
                            "PR_SET_TIMERSLACK", 29L,
                            "PR_MCE_KILL", 33L,
                            "PR_SET_NO_NEW_PRIVS", 38L,
                            "PR_SET_VMA", 0x53564d41L)),
            new SyscallArgument("prlimit64", "new_limit", 2, POINTER, Map.of("NULL", 0L)));

    SyscallArgument {
        constants = Map.copyOf(constants);
    }

    static Optional<SyscallArgument> of(String syscall, String argument) {
        return ofSyscall(syscall)
                .filter(candidate -> candidate.argument.equals(argument))
                .findFirst();
    }

    /** Returns the arguments of a system call that a policy may examine, for messages. */
    static String namesOf(String syscall) {
        String names = ofSyscall(syscall).map(SyscallArgument::argument).collect(Collectors.joining(", "));
        return names.isEmpty() ? "none" : names;
    }

    private static Stream<SyscallArgument> ofSyscall(String syscall) {
        return KNOWN.stream().filter(candidate -> candidate.syscall.equals(syscall));
    }

    SeccompRule.Condition condition(long mask, long value) {
        return new SeccompRule.Condition(index, mask, value);
    }
}

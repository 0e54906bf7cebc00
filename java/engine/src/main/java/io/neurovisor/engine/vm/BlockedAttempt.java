package io.neurovisor.engine.vm;

import static java.util.Objects.requireNonNull;

/**
 * What a VMM has tried and the kernel has noticed.
 *
 * @param hook the kernel's name for where, such as {@code file_open}; {@code syscall} for a system call that such VMMs are not
 *     known for, which is only noticed
 * @param subject a path as the VMM names it, or a number: of an address family, a command of bpf(2), a system call
 * @param allowed whether it was let through
 */
public record BlockedAttempt(String hook, String subject, boolean allowed) {
    public BlockedAttempt {
        requireNonNull(hook, "hook is null");
        requireNonNull(subject, "subject is null");
    }
}

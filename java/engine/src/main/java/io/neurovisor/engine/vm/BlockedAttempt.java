package io.neurovisor.engine.vm;

/**
 * An attempt of a VMM that the kernel has detected.
 *
 * @param hook the name of the kernel's hook, such as {@code file_open}; {@code syscall} for an unexpected system call,
 *     which is only detected
 * @param subject a path as the VMM sees it, or the number of an address family, a bpf(2) command or a system call
 * @param allowed whether the attempt was allowed
 */
public record BlockedAttempt(String hook, String subject, boolean allowed) {}

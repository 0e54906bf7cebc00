package io.neurovisor.host.probe;

/**
 * The state of a VMM's eBPF policy in the kernel.
 *
 * @param sealed whether the policy is that of a VMM whose guest runs
 * @param audit whether violations are only counted and reported
 * @param problem why the policy is not in force; empty if it is
 */
public record EbpfPolicyState(boolean sealed, boolean audit, String problem) {}

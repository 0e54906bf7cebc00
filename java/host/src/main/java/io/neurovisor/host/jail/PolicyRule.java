package io.neurovisor.host.jail;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.nativecalls.SeccompRule;

/**
 * One line of a policy.
 *
 * @param reason why the process needs the call, or why it is answered with an error
 */
public record PolicyRule(SeccompRule rule, Path path, String reason) {
    public PolicyRule {
        requireNonNull(rule, "rule is null");
        requireNonNull(path, "path is null");
        if (reason.isBlank()) {
            throw new IllegalArgumentException("a rule without a reason");
        }
    }

    /** Where the call is met. */
    public enum Path {
        /** Everywhere: the traced workload of the system tests has it. */
        COMMON,
        /** Where the hardware runs the guest. */
        KVM,
        /** In no trace of ours: with other libraries, kernels or at ends that no test brings about. */
        RARE
    }
}

package io.neurovisor.host.jail;

import io.neurovisor.host.nativecalls.SeccompRule;

/**
 * A line of a policy.
 *
 * @param reason why the process needs the call, or why it fails with an error
 */
public record PolicyRule(SeccompRule rule, Path path, String reason) {
    public PolicyRule {
        if (reason.isBlank()) {
            throw new IllegalArgumentException("a rule without a reason");
        }
    }

    /** The situation in which the call occurs. */
    public enum Path {
        /** All situations: the traced workload of the system tests contains it. */
        COMMON,
        /** When the hardware runs the guest. */
        KVM,
        /** Not in our traces: with other libraries or kernels, or in failures that no test causes. */
        RARE
    }
}

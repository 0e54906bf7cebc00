package io.neurovisor.host.probe;

import static java.util.Objects.requireNonNull;

/**
 * What the kernel holds against a VMM that is watched.
 *
 * @param sealed whether it has the policy of a VMM whose guest runs
 * @param audit whether that is only counted and told
 * @param problem why it does not work; empty when it does
 */
public record EbpfPolicyState(boolean sealed, boolean audit, String problem) {
    public EbpfPolicyState {
        requireNonNull(problem, "problem is null");
    }
}

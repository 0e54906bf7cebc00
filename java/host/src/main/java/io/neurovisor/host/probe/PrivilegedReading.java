package io.neurovisor.host.probe;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.Optional;

/**
 * What of a VMM's confinement the kernel tells to the spawner alone.
 *
 * @param namespaces what the kernel calls its namespaces, by kind
 * @param policy empty when it is not watched
 */
public record PrivilegedReading(Map<String, String> namespaces, Optional<EbpfPolicyState> policy) {
    /** Of a VMM that has ended. */
    public static final PrivilegedReading NOTHING = new PrivilegedReading(Map.of(), Optional.empty());

    public PrivilegedReading {
        namespaces = Map.copyOf(namespaces);
        requireNonNull(policy, "policy is null");
    }
}

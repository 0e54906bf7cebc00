package io.neurovisor.host.probe;

import java.util.Map;
import java.util.Optional;

/**
 * The part of a VMM's confinement that only the spawner has the privileges to read.
 *
 * @param namespaces the names of its namespaces by kind, such as {@code net:[4026531840]}
 * @param policy the state of its eBPF policy; empty if it has none
 */
public record PrivilegedReading(Map<String, String> namespaces, Optional<EbpfPolicyState> policy) {
    /** The reading of a VMM that has ended. */
    public static final PrivilegedReading NOTHING = new PrivilegedReading(Map.of(), Optional.empty());

    public PrivilegedReading {
        namespaces = Map.copyOf(namespaces);
    }
}

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
public record ToldConfinement(Map<String, String> namespaces, Optional<HeldPolicy> policy) {
    /** Of a VMM that has ended. */
    public static final ToldConfinement NOTHING = new ToldConfinement(Map.of(), Optional.empty());

    public ToldConfinement {
        namespaces = Map.copyOf(namespaces);
        requireNonNull(policy, "policy is null");
    }
}

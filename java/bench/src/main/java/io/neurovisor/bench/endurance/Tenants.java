package io.neurovisor.bench.endurance;

import java.util.List;

/**
 * The keys of the clients.
 *
 * @param honest the keys of the honest clients, one each; if empty, they use the socket without a key
 * @param hostile the keys of the hostile clients
 */
public record Tenants(List<String> honest, List<String> hostile) {
    /** Honest clients without keys. */
    public static final Tenants LOCAL = new Tenants(List.of(), List.of());

    public Tenants {
        honest = List.copyOf(honest);
        hostile = List.copyOf(hostile);
    }
}

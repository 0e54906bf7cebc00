package io.neurovisor.bench.endurance;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * The tenants that ask a daemon for programs.
 *
 * @param honest the keys of the honest clients, one each; without any they are the one tenant of the socket
 * @param hostile the keys of the hostile clients
 */
public record Tenants(List<String> honest, List<String> hostile) {
    /** One tenant, that of the socket. */
    public static final Tenants LOCAL = new Tenants(List.of(), List.of());

    public Tenants {
        requireNonNull(honest, "honest is null");
        requireNonNull(hostile, "hostile is null");
        honest = List.copyOf(honest);
        hostile = List.copyOf(hostile);
    }
}

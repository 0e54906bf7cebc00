package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;

/**
 * Where a server tells how it is, by HTTP.
 *
 * @param port 0 for any that is free
 */
public record MetricsConfig(InetAddress listen, int port) {
    public MetricsConfig {
        requireNonNull(listen, "listen is null");
    }
}

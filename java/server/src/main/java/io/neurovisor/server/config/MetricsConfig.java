package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a server tells how it is, by HTTP.
 *
 * @param port 0 for any that is free
 * @param tlsCert its certificate, followed by those that vouch for it, in PEM
 * @param tlsKey its private key, in PEM
 * @param requireKeys whether the status page and the metrics need a key
 */
public record MetricsConfig(
        InetAddress listen, int port, Optional<Path> tlsCert, Optional<Path> tlsKey, boolean requireKeys) {
    public MetricsConfig {
        requireNonNull(listen, "listen is null");
        requireNonNull(tlsCert, "tlsCert is null");
        requireNonNull(tlsKey, "tlsKey is null");
    }

    /** The files for TLS. */
    public TlsConfig tls() {
        return new TlsConfig(tlsCert, tlsKey, Optional.empty());
    }
}

package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The files that a server needs to be called over TLS.
 *
 * @param cert its certificate, followed by those that vouch for it, in PEM
 * @param key its private key, in PEM
 * @param clientCa the certificates of those who vouch for clients; where it is given no other client is served
 */
public record TlsConfig(Optional<Path> cert, Optional<Path> key, Optional<Path> clientCa) {
    /** No encryption. */
    public static final TlsConfig NONE = new TlsConfig(Optional.empty(), Optional.empty(), Optional.empty());

    public TlsConfig {
        requireNonNull(cert, "cert is null");
        requireNonNull(key, "key is null");
        requireNonNull(clientCa, "clientCa is null");
    }

    /** Whether anything of it was given. */
    public boolean isWanted() {
        return cert.isPresent() || key.isPresent() || clientCa.isPresent();
    }
}

package io.neurovisor.server.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The TLS files of a server, in PEM.
 *
 * @param cert the certificate, followed by its intermediate certificates
 * @param key the private key
 * @param clientCa the authorities that issue client certificates; if present, clients need such a certificate
 */
public record TlsConfig(Optional<Path> cert, Optional<Path> key, Optional<Path> clientCa) {
    /** No encryption. */
    public static final TlsConfig NONE = new TlsConfig(Optional.empty(), Optional.empty(), Optional.empty());

    /** Returns whether any file is set. */
    public boolean isWanted() {
        return cert.isPresent() || key.isPresent() || clientCa.isPresent();
    }
}

package io.neurovisor.server.client;

import io.netty.handler.ssl.util.FingerprintTrustManagerFactory;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;

/** Trusts only the first certificate in a file, whatever the server's name or address. */
final class PinnedCertificate {
    private PinnedCertificate() {}

    /**
     * Returns the TLS context of a client.
     *
     * @param flag names the file
     * @throws NeuroVisorException {@code INVALID_ARGUMENT} if the file contains no certificate
     */
    static SSLContext context(Path file, String flag) {
        try (InputStream input = Files.newInputStream(file)) {
            Certificate certificate = CertificateFactory.getInstance("X.509").generateCertificate(input);
            FingerprintTrustManagerFactory pinned = FingerprintTrustManagerFactory.builder("SHA-256")
                    .fingerprints(Sha256.of(certificate.getEncoded()))
                    .build();
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, pinned.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException exception) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    flag + " " + file + " cannot be read as a PEM certificate; name the daemon's certificate file",
                    exception);
        }
    }
}

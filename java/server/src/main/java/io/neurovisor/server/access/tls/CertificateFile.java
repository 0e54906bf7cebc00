package io.neurovisor.server.access.tls;

import io.neurovisor.engine.text.UntrustedText;
import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;

/** The certificates in a file that a flag names. */
record CertificateFile(PemFile file) {
    private static final String TYPE = "CERTIFICATE";

    /** Returns all certificates in the file, each checked to be valid now. */
    List<X509Certificate> certificates(Instant now) {
        List<X509Certificate> certificates = new ArrayList<>();
        for (PemFile.Block block : file.blocks()) {
            if (block.type().equals(TYPE)) {
                X509Certificate certificate = certificate(block);
                requireValid(certificate, now);
                certificates.add(certificate);
            }
        }
        if (certificates.isEmpty()) {
            throw file.fault("holds no certificate in PEM (\"-----BEGIN CERTIFICATE-----\"); name one that does", null);
        }
        return List.copyOf(certificates);
    }

    /** Returns the chain: the server's own certificate, then each issuer of the one before. */
    List<X509Certificate> chain(Instant now) {
        List<X509Certificate> chain = certificates(now);
        for (int index = 0; index + 1 < chain.size(); index++) {
            try {
                chain.get(index).verify(chain.get(index + 1).getPublicKey());
            } catch (GeneralSecurityException exception) {
                throw file.fault(
                        "is not a chain: certificate %d (%s) is not signed by certificate %d (%s); put the server's own certificate first, and after each certificate the one that has signed it"
                                .formatted(index + 1, name(chain.get(index)), index + 2, name(chain.get(index + 1))),
                        exception);
            }
        }
        return chain;
    }

    private X509Certificate certificate(PemFile.Block block) {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(block.content()));
        } catch (CertificateException exception) {
            throw file.fault("is damaged: a certificate in it cannot be parsed; copy the file again", exception);
        }
    }

    private void requireValid(X509Certificate certificate, Instant now) {
        try {
            certificate.checkValidity(Date.from(now));
        } catch (CertificateExpiredException exception) {
            throw file.fault(
                    "has expired: the certificate of %s was valid until %s; renew it"
                            .formatted(
                                    name(certificate), certificate.getNotAfter().toInstant()),
                    exception);
        } catch (CertificateNotYetValidException exception) {
            throw file.fault(
                    "is not valid yet: the certificate of %s is valid from %s on; is the clock right?"
                            .formatted(
                                    name(certificate),
                                    certificate.getNotBefore().toInstant()),
                    exception);
        }
    }

    private static String name(X509Certificate certificate) {
        return UntrustedText.line(certificate.getSubjectX500Principal().getName());
    }
}

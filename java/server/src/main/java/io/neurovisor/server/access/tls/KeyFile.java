package io.neurovisor.server.access.tls;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The private key in a file that a flag names. */
record KeyFile(PemFile file) {
    private static final String TYPE = "PRIVATE KEY";

    private static final Map<String, String> SIGNATURES =
            Map.of("RSA", "SHA256withRSA", "EC", "SHA256withECDSA", "EdDSA", "EdDSA");

    /**
     * Returns the key after checking that it belongs to the public key.
     *
     * @param certificates the file of the public key, for messages
     */
    PrivateKey matching(PublicKey publicKey, PemFile certificates) {
        PrivateKey key = key();
        if (!belongTogether(key, publicKey)) {
            throw file.fault(
                    "is not the key of the certificate in %s %s; name the files that were made together"
                            .formatted(certificates.flag(), certificates.path()),
                    null);
        }
        return key;
    }

    private PrivateKey key() {
        List<PemFile.Block> keys = file.blocks().stream()
                .filter(block -> block.type().endsWith(TYPE))
                .toList();
        if (keys.isEmpty()) {
            throw file.fault("holds no private key in PEM (\"-----BEGIN PRIVATE KEY-----\"); name one that does", null);
        }
        PemFile.Block block = keys.getFirst();
        if (!block.type().equals(TYPE)) {
            throw file.fault(
                    "holds a key in the form %s, which is not read here; write it anew with openssl pkcs8 -topk8 -nocrypt -in %s"
                            .formatted(block.type(), file.path()),
                    null);
        }
        return SIGNATURES.keySet().stream()
                .sorted()
                .flatMap(algorithm -> read(block, algorithm).stream())
                .findFirst()
                .orElseThrow(() -> file.fault(
                        "is damaged, or of a kind that is not read here; use an RSA, EC or Ed25519 key", null));
    }

    private static Optional<PrivateKey> read(PemFile.Block block, String algorithm) {
        try {
            return Optional.of(
                    KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(block.content())));
        } catch (InvalidKeySpecException other) {
            return Optional.empty();
        } catch (GeneralSecurityException exception) {
            throw new IllegalStateException("every JDK has " + algorithm, exception);
        }
    }

    private static boolean belongTogether(PrivateKey key, PublicKey publicKey) {
        byte[] words = {1, 2, 3};
        try {
            Signature signature = Signature.getInstance(SIGNATURES.getOrDefault(key.getAlgorithm(), "EdDSA"));
            signature.initSign(key);
            signature.update(words);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(words);
            return signature.verify(signed);
        } catch (GeneralSecurityException otherKind) {
            return false;
        }
    }
}

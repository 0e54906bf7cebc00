package io.neurovisor.e2b.route;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The tokens for the processes, files and interpreters of sandboxes. A token follows from the id of its sandbox and a key of this
 * host, so nothing is stored, it outlives the daemon, and a copy of a sandbox has another one.
 */
public final class EnvdTokens {
    private static final String ALGORITHM = "HmacSHA256";
    private static final String VERSION = "v1_";
    /** No id has a colon. */
    private static final String TRAFFIC = "traffic:";

    private final SecretKeySpec key;
    private final InstantSource clock;

    public EnvdTokens(byte[] key, InstantSource clock) {
        this.key = new SecretKeySpec(key, ALGORITHM);
        this.clock = clock;
    }

    /** Returns the token of a sandbox. */
    public String of(String sandboxId) {
        return authenticate(sandboxId);
    }

    /** Returns the token for the ports of a sandbox other than envd's, which clients send with calls about contexts. */
    public String ofTraffic(String sandboxId) {
        return authenticate(TRAFFIC + sandboxId);
    }

    private String authenticate(String text) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every JVM has " + ALGORITHM, impossible);
        }
    }

    /** Returns whether a token is that of a sandbox. */
    public boolean isValid(String sandboxId, String token) {
        return isEqual(of(sandboxId), token);
    }

    /** Returns whether a token is that for the ports of a sandbox. */
    public boolean isValidForTraffic(String sandboxId, String token) {
        return isEqual(ofTraffic(sandboxId), token);
    }

    /** Returns whether a URL was signed with the token of a sandbox, at whatever time. */
    public boolean isSigned(String sandboxId, UrlSignature signature) {
        return isEqual(VERSION + sha256(signature.signed(of(sandboxId))), signature.value());
    }

    public boolean hasExpired(UrlSignature signature) {
        return signature
                .expiration()
                .filter(end -> clock.instant().getEpochSecond() > end)
                .isPresent();
    }

    private static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().withoutPadding().encodeToString(digest);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every JVM has SHA-256", impossible);
        }
    }

    /** Compares in a time that does not depend on the content. */
    private static boolean isEqual(String expected, String given) {
        return MessageDigest.isEqual(expected.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }
}

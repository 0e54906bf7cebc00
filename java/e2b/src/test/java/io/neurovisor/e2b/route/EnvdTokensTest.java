package io.neurovisor.e2b.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class EnvdTokensTest {
    private Instant now = Instant.ofEpochSecond(1000);
    private final EnvdTokens tokens = new EnvdTokens(new byte[32], () -> now);

    @Test
    void aTokenIsThatOfOneSandboxAndOneKey() {
        String token = tokens.of("abc");
        assertThat(token).matches("[0-9a-f]{64}").isEqualTo(new EnvdTokens(new byte[32], () -> now).of("abc"));
        assertThat(tokens.isValid("abc", token)).isTrue();
        assertThat(tokens.isValid("abd", token)).isFalse();
        assertThat(tokens.isValid("abc", token.substring(1))).isFalse();
        assertThat(tokens.isValid("abc", "")).isFalse();
        byte[] other = new byte[32];
        other[0] = 1;
        assertThat(new EnvdTokens(other, () -> now).isValid("abc", token)).isFalse();
    }

    @Test
    void aTokenForTrafficIsNoTokenOfTheSandbox() {
        String token = tokens.ofTraffic("abc");
        assertThat(tokens.isValidForTraffic("abc", token)).isTrue();
        assertThat(tokens.isValidForTraffic("abd", token)).isFalse();
        assertThat(tokens.isValidForTraffic("abc", tokens.of("abc"))).isFalse();
        assertThat(tokens.isValid("abc", token)).isFalse();
    }

    @Test
    void aSignatureIsForOnePathOperationUserAndTime() throws NoSuchAlgorithmException {
        String signature = signature("n:read::" + tokens.of("abc") + ":1000");
        assertThat(tokens.isSigned("abc", "n", "read", "", signature, Optional.of(1000L)))
                .isTrue();
        assertThat(tokens.isSigned("abc", "m", "read", "", signature, Optional.of(1000L)))
                .isFalse();
        assertThat(tokens.isSigned("abc", "n", "write", "", signature, Optional.of(1000L)))
                .isFalse();
        assertThat(tokens.isSigned("abc", "n", "read", "user", signature, Optional.of(1000L)))
                .isFalse();
        assertThat(tokens.isSigned("abc", "n", "read", "", signature, Optional.of(2000L)))
                .isFalse();
        assertThat(tokens.isSigned("abc", "n", "read", "", signature, Optional.empty()))
                .isFalse();
        assertThat(tokens.isSigned("abd", "n", "read", "", signature, Optional.of(1000L)))
                .isFalse();
        now = Instant.ofEpochSecond(1001);
        assertThat(tokens.isSigned("abc", "n", "read", "", signature, Optional.of(1000L)))
                .isFalse();
    }

    /** As E2B's clients sign. */
    private static String signature(String text) throws NoSuchAlgorithmException {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        return "v1_" + Base64.getEncoder().withoutPadding().encodeToString(digest);
    }
}

package io.neurovisor.e2b.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
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
        String value = signature("n:read::" + tokens.of("abc") + ":1000");
        UrlSignature signature = new UrlSignature("n", "read", "", Optional.of(1000L), value);
        assertThat(tokens.isSigned("abc", signature)).isTrue();
        assertThat(tokens.isSigned("abd", signature)).isFalse();
        assertThat(List.of(
                        new UrlSignature("m", "read", "", Optional.of(1000L), value),
                        new UrlSignature("n", "write", "", Optional.of(1000L), value),
                        new UrlSignature("n", "read", "user", Optional.of(1000L), value),
                        new UrlSignature("n", "read", "", Optional.of(2000L), value),
                        new UrlSignature("n", "read", "", Optional.empty(), value)))
                .noneMatch(other -> tokens.isSigned("abc", other));
        assertThat(tokens.hasExpired(signature)).isFalse();
        now = Instant.ofEpochSecond(1001);
        assertThat(tokens.hasExpired(signature)).isTrue();
        assertThat(tokens.hasExpired(new UrlSignature("n", "read", "", Optional.empty(), value)))
                .isFalse();
    }

    /** As E2B's clients sign. */
    private static String signature(String text) throws NoSuchAlgorithmException {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        return "v1_" + Base64.getEncoder().withoutPadding().encodeToString(digest);
    }
}

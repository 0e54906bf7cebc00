package io.neurovisor.e2b.route;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.Tag;

/** Any signature and token that a client may send: a line each for the path, the user, the time and the signature. */
@Tag("fuzz")
final class EnvdTokensFuzzTest {
    private static final String ID = "abc";

    private final EnvdTokens tokens = new EnvdTokens(new byte[32], () -> Instant.ofEpochSecond(1000));

    /** A signature is right if it is that of what the request asks for, and in time. */
    @FuzzTest
    void signature(byte[] bytes) throws NoSuchAlgorithmException {
        String[] lines = new String(bytes, StandardCharsets.UTF_8).split("\n", 4);
        String path = line(lines, 0);
        String user = line(lines, 1);
        Optional<Long> time = time(line(lines, 2));
        String given = line(lines, 3);
        String end = time.map(seconds -> ":" + seconds).orElse("");
        byte[] digest = MessageDigest.getInstance("SHA-256")
                .digest((path + ":read:" + user + ":" + tokens.of(ID) + end).getBytes(StandardCharsets.UTF_8));
        String right = "v1_" + Base64.getEncoder().withoutPadding().encodeToString(digest);
        UrlSignature signature = new UrlSignature(path, "read", user, time, right);
        assertThat(tokens.isSigned(ID, signature)).isTrue();
        assertThat(tokens.hasExpired(signature))
                .isEqualTo(time.filter(seconds -> seconds < 1000).isPresent());
        assertThat(tokens.isSigned(ID, new UrlSignature(path, "write", user, time, right)))
                .isFalse();
        assertThat(tokens.isSigned(ID, new UrlSignature(path, "read", user, time, given)))
                .isEqualTo(given.equals(right));
        assertThat(tokens.isValid(ID, given)).isEqualTo(given.equals(tokens.of(ID)));
        assertThat(tokens.isValidForTraffic(ID, given)).isEqualTo(given.equals(tokens.ofTraffic(ID)));
        assertThat(tokens.isValid(path, tokens.of(ID))).isEqualTo(path.equals(ID));
    }

    private static Optional<Long> time(String line) {
        try {
            return Optional.of(Long.valueOf(line));
        } catch (NumberFormatException none) {
            return Optional.empty();
        }
    }

    private static String line(String[] lines, int number) {
        return number < lines.length ? lines[number] : "";
    }
}

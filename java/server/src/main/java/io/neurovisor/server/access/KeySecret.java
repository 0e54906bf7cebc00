package io.neurovisor.server.access;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.files.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** What opens the service: it is shown once, when it is made, and never kept. */
public final class KeySecret {
    private static final String PREFIX = "nvk_";
    private static final int RANDOM_BYTES = 32;
    private static final Pattern FORM = Pattern.compile(PREFIX + "[A-Za-z0-9_-]{43}");

    private final String text;

    private KeySecret(String text) {
        this.text = requireNonNull(text, "text is null");
    }

    static KeySecret random(SecureRandom random) {
        byte[] bytes = new byte[RANDOM_BYTES];
        random.nextBytes(bytes);
        return new KeySecret(PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /** Empty for what no key of ours looks like. */
    static Optional<KeySecret> parse(String text) {
        return FORM.matcher(text).matches() ? Optional.of(new KeySecret(text)) : Optional.empty();
    }

    /** Whether somebody may have meant it to be one, so that it must not be shown. */
    public static boolean isSimilar(String text) {
        return text.toLowerCase(Locale.ROOT).startsWith(PREFIX);
    }

    /**
     * What is kept in place of the secret. A plain SHA-256 is right here where it would be wrong for a password: of 256
     * random bits nobody can try all, so that a slow hash would cost every call and make no guess dearer.
     *
     * <p>Looking a hash up takes time that depends on its first bits at most, and those tell nothing about the secret:
     * whoever chooses what is hashed cannot choose the hash.
     */
    String hash() {
        return Sha256.of(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** For the one who is given the key. */
    public String reveal() {
        return text;
    }

    /** What a log or a message may have of it. */
    @Override
    public String toString() {
        return PREFIX + "...";
    }
}

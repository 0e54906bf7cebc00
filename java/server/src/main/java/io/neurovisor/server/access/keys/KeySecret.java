package io.neurovisor.server.access.keys;

import io.neurovisor.host.files.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The secret of a key. It is shown once, when the key is made, and never stored. */
public final class KeySecret {
    private static final String PREFIX = "nvk_";
    private static final int RANDOM_BYTES = 32;
    private static final Pattern FORM = Pattern.compile(PREFIX + "[A-Za-z0-9_-]{43}");

    private final String text;

    private KeySecret(String text) {
        this.text = text;
    }

    static KeySecret random(SecureRandom random) {
        byte[] bytes = new byte[RANDOM_BYTES];
        random.nextBytes(bytes);
        return new KeySecret(PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /** Parses a secret; empty for a text of another form. */
    static Optional<KeySecret> parse(String text) {
        return FORM.matcher(text).matches() ? Optional.of(new KeySecret(text)) : Optional.empty();
    }

    /** Returns whether the text may be a mistyped secret, which must not be shown. */
    public static boolean isSimilar(String text) {
        return text.toLowerCase(Locale.ROOT).startsWith(PREFIX);
    }

    /**
     * Returns the hash that is stored in place of the secret. Unlike for passwords, a plain SHA-256 is right here: 256
     * random bits cannot be searched, so a slow hash would only make every call slower.
     *
     * <p>The time of looking a hash up depends on at most its first bits, which reveal nothing about the secret,
     * because an attacker cannot choose the hash.
     */
    String hash() {
        return Sha256.of(text.getBytes(StandardCharsets.US_ASCII));
    }

    public String reveal() {
        return text;
    }

    /** Returns a text that is safe to log. */
    @Override
    public String toString() {
        return PREFIX + "...";
    }
}

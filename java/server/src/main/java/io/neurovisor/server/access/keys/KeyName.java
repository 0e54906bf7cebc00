package io.neurovisor.server.access.keys;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of a key for people and for the audit log. It contains no character that is ambiguous on a terminal or in a
 * log.
 */
public record KeyName(String value) {
    private static final Pattern FORM = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");

    /** Describes the allowed values, as the end of "use …". */
    public static final String ALLOWED =
            "at most 63 lowercase letters, digits, dots, hyphens and underscores, of which the first is a letter or digit";

    public KeyName {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("not a key's name");
        }
    }

    public static Optional<KeyName> parse(String text) {
        // A name that looks like a secret could be mistaken for one.
        return FORM.matcher(text).matches() && !KeySecret.isSimilar(text)
                ? Optional.of(new KeyName(text))
                : Optional.empty();
    }

    @Override
    public String toString() {
        return value;
    }
}

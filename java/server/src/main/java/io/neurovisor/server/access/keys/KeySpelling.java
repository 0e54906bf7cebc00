package io.neurovisor.server.access.keys;

import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/** The two spellings of the secret of a key: {@code nvk_} with Base64, and {@code e2b_} with hexadecimal digits, which E2B's clients accept. */
public final class KeySpelling {
    private static final String E2B = "e2b_";
    private static final String OWN = "nvk_";
    private static final Pattern E2B_FORM = Pattern.compile(E2B + "[0-9a-f]{64}");

    private KeySpelling() {}

    /** Returns a secret as this service spells it; empty for a text of another form. */
    public static Optional<String> ofE2b(String text) {
        if (KeySecret.parse(text).isPresent()) {
            return Optional.of(text);
        }
        if (!E2B_FORM.matcher(text).matches()) {
            return Optional.empty();
        }
        byte[] bytes = HexFormat.of().parseHex(text.substring(E2B.length()));
        return Optional.of(OWN + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /** Returns a secret as E2B's clients accept it; empty for a text that is none. */
    public static Optional<String> toE2b(String text) {
        return ofE2b(text)
                .map(own ->
                        E2B + HexFormat.of().formatHex(Base64.getUrlDecoder().decode(own.substring(OWN.length()))));
    }
}

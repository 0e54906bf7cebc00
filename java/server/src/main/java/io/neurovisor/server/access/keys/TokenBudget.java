package io.neurovisor.server.access.keys;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The number of tokens that models may read and write for a key per day (UTC). */
public record TokenBudget(long tokensPerDay) {
    private static final Pattern FORM = Pattern.compile("([1-9]\\d{0,11})/day");

    /** Describes the allowed values, as the end of "use …". */
    public static final String ALLOWED = "a number of tokens of 1 to 999999999999, such as 2000000/day";

    public TokenBudget {
        if (tokensPerDay < 1) {
            throw new IllegalArgumentException("not positive: " + tokensPerDay);
        }
    }

    public static Optional<TokenBudget> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        return matcher.matches() ? Optional.of(new TokenBudget(Long.parseLong(matcher.group(1)))) : Optional.empty();
    }

    @Override
    public String toString() {
        return tokensPerDay + "/day";
    }
}

package io.neurovisor.server.access.keys;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The number of executions that a key may start per day (UTC). */
public record Quota(long executionsPerDay) {
    private static final Pattern FORM = Pattern.compile("([1-9]\\d{0,8})/day");

    /** Describes the allowed values, as the end of "use …". */
    public static final String ALLOWED = "a number of executions of 1 to 999999999, such as 1000/day";

    public Quota {
        if (executionsPerDay < 1) {
            throw new IllegalArgumentException("not positive: " + executionsPerDay);
        }
    }

    public static Optional<Quota> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        return matcher.matches() ? Optional.of(new Quota(Long.parseLong(matcher.group(1)))) : Optional.empty();
    }

    @Override
    public String toString() {
        return executionsPerDay + "/day";
    }
}

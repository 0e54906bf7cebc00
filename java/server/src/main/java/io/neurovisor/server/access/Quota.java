package io.neurovisor.server.access;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How many executions a key may start in one day of UTC. */
public record Quota(long executionsPerDay) {
    private static final Pattern FORM = Pattern.compile("([1-9]\\d{0,8})/day");

    /** What may be written, as the end of "use …". */
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

package io.neurovisor.server.config;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How often somebody may call: a bucket of tokens, of which each call takes one.
 *
 * @param capacity the calls that may come at once after a rest
 * @param perSecond the calls that may go on for ever
 */
public record RateLimit(long capacity, long perSecond) {
    private static final Pattern FORM = Pattern.compile("([1-9]\\d{0,5}):([1-9]\\d{0,5})");

    /** What may be written, as the end of "use …". */
    public static final String ALLOWED = "CAPACITY:PER_SECOND of 1 to 999999 each, such as 100:50";

    public RateLimit {
        if (capacity < 1 || perSecond < 1) {
            throw new IllegalArgumentException("not positive: " + capacity + ":" + perSecond);
        }
    }

    public static Optional<RateLimit> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        return matcher.matches()
                ? Optional.of(new RateLimit(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2))))
                : Optional.empty();
    }

    @Override
    public String toString() {
        return capacity + ":" + perSecond;
    }
}

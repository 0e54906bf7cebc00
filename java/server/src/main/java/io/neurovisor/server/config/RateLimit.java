package io.neurovisor.server.config;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A limit on the rate of calls: a bucket of tokens, of which each call takes one.
 *
 * @param capacity the size of the bucket, which is the largest burst of calls
 * @param perSecond the tokens that are added in a second, which is the sustained rate
 */
public record RateLimit(long capacity, long perSecond) {
    private static final Pattern FORM = Pattern.compile("([1-9]\\d{0,5}):([1-9]\\d{0,5})");

    /** The accepted texts, as the end of "use ...". */
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

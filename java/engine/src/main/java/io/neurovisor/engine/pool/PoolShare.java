package io.neurovisor.engine.pool;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The limits of one claimant in a pool; an empty value means no limit.
 *
 * @param machines the most virtual machines at the same time, including those that are being destroyed
 * @param waiting the most waiting requests of its client, for programs and for sandboxes, including those whose machine is
 *     being started
 */
public record PoolShare(Optional<Integer> machines, Optional<Integer> waiting) {
    public static final PoolShare UNLIMITED = new PoolShare(Optional.empty(), Optional.empty());

    /** The allowed values, as the end of a message that begins with "use". */
    public static final String ALLOWED = "a number of 1 to 999999";

    private static final Pattern COUNT = Pattern.compile("[1-9]\\d{0,5}");

    public PoolShare {
        if (machines.orElse(1) < 1 || waiting.orElse(1) < 1) {
            throw new IllegalArgumentException("a share of " + machines + " machines and " + waiting + " requests");
        }
    }

    /** Parses one of the two limits; returns empty if the text is not allowed. */
    public static Optional<Integer> parse(String text) {
        return COUNT.matcher(text).matches() ? Optional.of(Integer.valueOf(text)) : Optional.empty();
    }
}

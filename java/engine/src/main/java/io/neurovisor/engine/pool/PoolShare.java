package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The most that one claimant may have of a pool; what is empty has no limit.
 *
 * @param machines virtual machines at a time, until nothing is left of each
 * @param waiting requests that wait for a machine, including those whose machine is being started
 */
public record PoolShare(Optional<Integer> machines, Optional<Integer> waiting) {
    public static final PoolShare UNLIMITED = new PoolShare(Optional.empty(), Optional.empty());

    /** What may be written, as the end of "use …". */
    public static final String ALLOWED = "a number of 1 to 999999";

    private static final Pattern COUNT = Pattern.compile("[1-9]\\d{0,5}");

    public PoolShare {
        requireNonNull(machines, "machines is null");
        requireNonNull(waiting, "waiting is null");
        if (machines.orElse(1) < 1 || waiting.orElse(1) < 1) {
            throw new IllegalArgumentException("a share of " + machines + " machines and " + waiting + " requests");
        }
    }

    /** Parses one of the two limits; empty when the text is not allowed. */
    public static Optional<Integer> parse(String text) {
        return COUNT.matcher(text).matches() ? Optional.of(Integer.valueOf(text)) : Optional.empty();
    }
}

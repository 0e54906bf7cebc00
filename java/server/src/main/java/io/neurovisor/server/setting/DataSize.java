package io.neurovisor.server.setting;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A size in bytes. Its text has a binary unit: {@code 20G} is 20 times 2^30 bytes. */
public record DataSize(long bytes) implements Comparable<DataSize> {
    private static final Pattern FORM = Pattern.compile("(\\d{1,6})([KMGT])");
    private static final String UNITS = "KMGT";
    private static final int UNIT_BITS = 10;

    public DataSize {
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes is negative: " + bytes);
        }
    }

    /** Returns empty for text that is not a size. */
    public static Optional<DataSize> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        int unit = UNITS.indexOf(matcher.group(2)) + 1;
        return Optional.of(new DataSize(Long.parseLong(matcher.group(1)) << (UNIT_BITS * unit)));
    }

    @Override
    public int compareTo(DataSize other) {
        return Long.compare(bytes, other.bytes);
    }

    /** Returns the size in the largest unit that is exact, rounded up to {@code K}, as {@link #parse} accepts it. */
    @Override
    public String toString() {
        long amount = Math.ceilDiv(bytes, 1L << UNIT_BITS);
        int unit = 0;
        while (unit < UNITS.length() - 1 && amount > 0 && amount % (1 << UNIT_BITS) == 0) {
            amount >>= UNIT_BITS;
            unit++;
        }
        return amount + UNITS.substring(unit, unit + 1);
    }
}

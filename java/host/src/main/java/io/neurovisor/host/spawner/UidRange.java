package io.neurovisor.host.spawner;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A range of user ids: unsigned 32-bit numbers without 0, which is root, and the largest, which is invalid. */
public record UidRange(long first, long last) {
    private static final long GREATEST = 0xffff_fffeL;
    private static final Pattern FORM = Pattern.compile("(\\d{1,10})-(\\d{1,10})");

    public UidRange {
        if (first < 1 || first > last || last > GREATEST) {
            throw new IllegalArgumentException(first + "-" + last + " is not a range of user ids");
        }
    }

    /** Parses the result of {@link #toString}. */
    public static Optional<UidRange> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        long first = Long.parseLong(matcher.group(1));
        long last = Long.parseLong(matcher.group(2));
        return first < 1 || first > last || last > GREATEST ? Optional.empty() : Optional.of(new UidRange(first, last));
    }

    public long count() {
        return last - first + 1;
    }

    public boolean overlaps(UidRange other) {
        return overlaps(other.first, other.last);
    }

    boolean overlaps(long otherFirst, long otherLast) {
        return otherFirst <= last && first <= otherLast;
    }

    @Override
    public String toString() {
        return first + "-" + last;
    }
}

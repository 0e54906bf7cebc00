package io.neurovisor.server.access.keys;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The time from which a key is rejected, in whole milliseconds as in the database. */
public record KeyExpiry(Instant time) {
    /** Describes the allowed values, as the end of "use …". */
    public static final String ALLOWED = "a time in the future: a duration of at most 9999 minutes, hours or days,"
            + " such as 12h or 90d, a date such as 2030-01-31 or a time such as 2030-01-31T12:00:00Z";

    private static final Pattern DURATION = Pattern.compile("([1-9]\\d{0,3})([mhd])");
    private static final Pattern DATE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");
    private static final Pattern TIME = Pattern.compile("\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z");

    public KeyExpiry {
        time = Instant.ofEpochMilli(time.toEpochMilli());
    }

    /**
     * Parses a duration from now, or a date in UTC, at the beginning of which the key expires. Empty for any other
     * text.
     */
    public static Optional<KeyExpiry> parse(String text, Instant now) {
        try {
            return time(text, now).filter(now::isBefore).map(KeyExpiry::new);
        } catch (DateTimeException noSuchDay) {
            return Optional.empty();
        }
    }

    private static Optional<Instant> time(String text, Instant now) {
        Matcher duration = DURATION.matcher(text);
        if (duration.matches()) {
            return Optional.of(now.plus(duration(Long.parseLong(duration.group(1)), duration.group(2))));
        }
        if (DATE.matcher(text).matches()) {
            return Optional.of(
                    LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant());
        }
        return TIME.matcher(text).matches() ? Optional.of(Instant.parse(text)) : Optional.empty();
    }

    private static Duration duration(long number, String unit) {
        return switch (unit) {
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }

    public boolean isOver(Instant now) {
        return !now.isBefore(time);
    }

    @Override
    public String toString() {
        return time.toString();
    }
}

package io.neurovisor.server.overview;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Formats figures for people. */
public final class FigureFormat {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private static final double SECOND_MILLIS = 1000;
    private static final double MINUTE_MILLIS = 60 * SECOND_MILLIS;

    private FigureFormat() {}

    /** Returns a time in UTC, such as {@code 12:05:03}. */
    public static String time(Instant instant) {
        return TIME.format(instant);
    }

    /** Returns a duration such as {@code 0.4 ms}, {@code 49 ms}, {@code 1.25 s} or {@code 2 min 5 s}. */
    public static String millis(double millis) {
        if (millis < 10) {
            return String.format(Locale.ROOT, "%.1f ms", millis);
        }
        if (millis < SECOND_MILLIS) {
            return String.format(Locale.ROOT, "%.0f ms", millis);
        }
        return millis < MINUTE_MILLIS
                ? String.format(Locale.ROOT, "%.2f s", millis / SECOND_MILLIS)
                : duration(Duration.ofMillis((long) millis));
    }

    /** Returns a duration such as {@code 5 s}, {@code 2 min 5 s}, {@code 3 h 2 min} or {@code 4 d 3 h}. */
    public static String duration(Duration duration) {
        Duration shown = duration.isNegative() ? Duration.ZERO : duration;
        if (shown.toDays() > 0) {
            return shown.toDays() + " d " + shown.toHoursPart() + " h";
        }
        if (shown.toHours() > 0) {
            return shown.toHours() + " h " + shown.toMinutesPart() + " min";
        }
        return shown.toMinutes() > 0
                ? shown.toMinutes() + " min " + shown.toSecondsPart() + " s"
                : shown.toSeconds() + " s";
    }
}

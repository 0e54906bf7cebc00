package io.neurovisor.server.setting;

import io.neurovisor.engine.execution.ExecutionRequest;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A type of settings: how its values are written.
 *
 * @param label the value in a help text, such as {@code on|off}
 * @param allowed the accepted values, as the end of "use ..."
 * @param candidates the values that a shell completes; empty where there is no short list
 * @param parser returns empty for text that is not allowed
 * @param printer the inverse of the parser
 */
public record SettingType<T>(
        String label,
        String allowed,
        List<String> candidates,
        Function<String, Optional<T>> parser,
        Function<T, String> printer) {
    private static final Pattern TIME_TEXT = Pattern.compile("(\\d{1,9})([smh]?)");
    private static final Pattern DAYS_TEXT = Pattern.compile("[1-9]\\d{0,3}d");
    private static final Pattern URL_TEXT = Pattern.compile("https?://[!-~]{1,500}");
    private static final Pattern COUNT_TEXT = Pattern.compile("\\d{1,9}");

    public static final SettingType<Boolean> SWITCH = new SettingType<>(
            "on|off",
            "on or off",
            List.of("on", "off"),
            text -> Optional.of(text).filter(List.of("on", "off")::contains).map("on"::equals),
            on -> on ? "on" : "off");

    public static final SettingType<Duration> TIME = new SettingType<>(
            "TIME",
            "a time from 1s to 24h, such as 30, 90s, 5m or 2h",
            List.of(),
            SettingType::time,
            duration -> duration.toSeconds() + "s");

    public static final SettingType<Duration> DAYS = new SettingType<>(
            "DAYS",
            "whole days such as 7d or 90d, at most 9999d",
            List.of(),
            SettingType::days,
            days -> days.toDays() + "d");

    /** A path; in the file of settings it is absolute or begins with {@code ~/}. */
    public static final SettingType<Path> PATH =
            new SettingType<>("PATH", "a path", List.of(), SettingType::path, Path::toString);

    public static final SettingType<Path> FILE =
            new SettingType<>("FILE", "a path", List.of(), SettingType::path, Path::toString);

    /** An IP address; other host names are rejected because their addresses can change while a server runs. */
    public static final SettingType<InetAddress> ADDRESS = new SettingType<>(
            "ADDRESS",
            "localhost or an IP address such as 127.0.0.1, 0.0.0.0 or ::1",
            List.of(),
            SettingType::address,
            InetAddress::getHostAddress);

    public static final SettingType<DataSize> SIZE =
            new SettingType<>("SIZE", "a size such as 500M, 20G or 1T", List.of(), DataSize::parse, DataSize::toString);

    public SettingType {
        candidates = List.copyOf(candidates);
    }

    /** Returns the type of an enum's constants, which are written in small letters. */
    public static <E extends Enum<E>> SettingType<E> oneOf(E[] constants) {
        return oneOf(constants, constant -> constant.name().toLowerCase(Locale.ROOT));
    }

    /** Returns the type of an enum's constants, which are written by their labels. */
    public static <E extends Enum<E>> SettingType<E> oneOf(E[] constants, Function<E, String> label) {
        List<String> labels = Arrays.stream(constants).map(label).toList();
        return new SettingType<>(
                String.join("|", labels),
                String.join(", ", labels.subList(0, labels.size() - 1)) + " or " + labels.getLast(),
                labels,
                text -> Arrays.stream(constants)
                        .filter(constant -> label.apply(constant).equals(text))
                        .findFirst(),
                label);
    }

    /** Returns the type of the whole numbers between two bounds, which are included. */
    public static SettingType<Integer> count(int least, int most) {
        return new SettingType<>(
                "N",
                "a whole number from " + least + " to " + most,
                List.of(),
                text -> Optional.of(text)
                        .filter(COUNT_TEXT.asMatchPredicate())
                        .map(Integer::valueOf)
                        .filter(number -> number >= least && number <= most),
                Object::toString);
    }

    /** Returns the type of texts that match a pattern as a whole. */
    public static SettingType<String> text(String label, String allowed, Pattern pattern) {
        return new SettingType<>(
                label,
                allowed,
                List.of(),
                text -> Optional.of(text).filter(pattern.asMatchPredicate()),
                Function.identity());
    }

    /** Returns the type of HTTP and HTTPS URLs. User names and query strings are rejected, as they may hold secrets. */
    public static SettingType<URI> url(String example) {
        return new SettingType<>(
                "URL", "an address such as " + example, List.of(), SettingType::parseUrl, URI::toString);
    }

    /** Returns the type whose values may be left out by writing a word such as {@code off} or {@code auto}. */
    public static <T> SettingType<Optional<T>> optional(String word, SettingType<T> type) {
        return new SettingType<>(
                type.label + "|" + word,
                type.allowed + ", or " + word,
                type.candidates,
                text -> {
                    if (text.equals(word)) {
                        return Optional.of(Optional.empty());
                    }
                    Optional<T> value = type.parser.apply(text);
                    return value.isEmpty() ? Optional.empty() : Optional.of(value);
                },
                value -> value.map(type.printer).orElse(word));
    }

    private static Optional<Duration> time(String text) {
        Matcher matcher = TIME_TEXT.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        long number = Long.parseLong(matcher.group(1));
        Duration duration = switch (matcher.group(2)) {
            case "h" -> Duration.ofHours(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofSeconds(number);
        };
        return Optional.of(duration)
                .filter(value -> !value.isZero() && value.compareTo(ExecutionRequest.MAX_TIMEOUT) <= 0);
    }

    private static Optional<Duration> days(String text) {
        return Optional.of(text)
                .filter(DAYS_TEXT.asMatchPredicate())
                .map(days -> Duration.ofDays(Long.parseLong(days.substring(0, days.length() - 1))));
    }

    private static Optional<URI> parseUrl(String text) {
        try {
            return Optional.of(text)
                    .filter(URL_TEXT.asMatchPredicate())
                    .map(URI::create)
                    .filter(url -> url.getHost() != null && url.getUserInfo() == null && url.getQuery() == null);
        } catch (IllegalArgumentException exception) {
            return Optional.empty();
        }
    }

    private static Optional<InetAddress> address(String text) {
        try {
            return Optional.of(
                    text.equals("localhost") ? InetAddress.getLoopbackAddress() : InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException exception) {
            return Optional.empty();
        }
    }

    private static Optional<Path> path(String text) {
        try {
            return text.isBlank() ? Optional.empty() : Optional.of(Path.of(text));
        } catch (InvalidPathException exception) {
            return Optional.empty();
        }
    }
}

package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.host.spawner.UidRange;
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
import java.util.stream.Collectors;

/**
 * How values of one type are written.
 *
 * @param allowed what may be written, as the end of "use …"
 * @param candidates all there is to choose from; empty when that is no short list
 * @param parser empty for what is not allowed
 * @param printer the inverse of the parser
 */
public record Form<T>(
        String allowed, List<String> candidates, Function<String, Optional<T>> parser, Function<T, String> printer) {
    private static final Pattern TIME = Pattern.compile("(\\d{1,9})([smh]?)");
    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,32}");
    private static final Pattern COUNT = Pattern.compile("\\d{1,9}");
    private static final String NONE = "off";
    private static final String FOUND = "auto";

    static final Form<Boolean> SWITCH = new Form<>(
            "on or off",
            List.of("on", "off"),
            text -> Optional.of(text).filter(List.of("on", "off")::contains).map("on"::equals),
            on -> on ? "on" : "off");

    static final Form<Duration> TIMEOUT =
            new Form<>("a time from 1s to 24h, such as 30, 90s, 5m or 2h", List.of(), Form::timeout, Form::seconds);

    static final Form<String> IMAGE = new Form<>(
            "a name of at most 32 small letters, digits and hyphens",
            List.of(),
            text -> Optional.of(text).filter(NAME.asMatchPredicate()),
            Function.identity());

    static final Form<Path> PATH = new Form<>("a path", List.of(), Form::path, Path::toString);

    /** A path, or that it is to be found. */
    static final Form<Optional<Path>> FOUND_PATH = new Form<>(
            "a path, or auto to have it found",
            List.of(),
            Form::foundPath,
            path -> path.map(Path::toString).orElse(FOUND));

    static final Form<UidRange> UIDS = new Form<>(
            "two user ids of 1 to 4294967294, such as 2000000000-2000000999",
            List.of(),
            UidRange::parse,
            UidRange::toString);

    static final Form<Optional<DataSize>> LIMIT = new Form<>(
            "a size such as 500M, 20G or 1T, or off",
            List.of(),
            Form::limit,
            limit -> limit.map(DataSize::toString).orElse(NONE));

    public Form {
        requireNonNull(allowed, "allowed is null");
        candidates = List.copyOf(candidates);
        requireNonNull(parser, "parser is null");
        requireNonNull(printer, "printer is null");
    }

    /** The constants' names in small letters. */
    static <E extends Enum<E>> Form<E> oneOf(E[] constants) {
        Function<E, String> label = constant -> constant.name().toLowerCase(Locale.ROOT);
        List<String> labels = Arrays.stream(constants).map(label).toList();
        return new Form<>(
                labels.subList(0, labels.size() - 1).stream().collect(Collectors.joining(", "))
                        + " or "
                        + labels.getLast(),
                labels,
                text -> Arrays.stream(constants)
                        .filter(constant -> label.apply(constant).equals(text))
                        .findFirst(),
                label);
    }

    /** Both ends are allowed. */
    static Form<Integer> count(int least, int most) {
        return new Form<>(
                "a whole number from " + least + " to " + most,
                List.of(),
                text -> Optional.of(text)
                        .filter(COUNT.asMatchPredicate())
                        .map(Integer::valueOf)
                        .filter(number -> number >= least && number <= most),
                Object::toString);
    }

    private static Optional<Duration> timeout(String text) {
        Matcher matcher = TIME.matcher(text);
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

    private static String seconds(Duration duration) {
        return duration.toSeconds() + "s";
    }

    private static Optional<Optional<DataSize>> limit(String text) {
        Optional<DataSize> size = DataSize.parse(text);
        return text.equals(NONE) || size.isPresent() ? Optional.of(size) : Optional.empty();
    }

    private static Optional<Optional<Path>> foundPath(String text) {
        Optional<Path> path = text.equals(FOUND) ? Optional.empty() : path(text);
        return text.equals(FOUND) || path.isPresent() ? Optional.of(path) : Optional.empty();
    }

    private static Optional<Path> path(String text) {
        try {
            return text.isBlank() ? Optional.empty() : Optional.of(Path.of(text));
        } catch (InvalidPathException exception) {
            return Optional.empty();
        }
    }
}

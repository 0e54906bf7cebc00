package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.provider.OllamaHost;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.host.spawner.UidRange;
import java.math.BigDecimal;
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
    private static final Pattern DAYS = Pattern.compile("[1-9]\\d{0,3}d");
    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,32}");
    private static final Pattern MODEL_NAME = Pattern.compile("[!-~]{1,200}");
    private static final Pattern URL = Pattern.compile("https?://[!-~]{1,500}");
    private static final Pattern COUNT = Pattern.compile("\\d{1,9}");
    private static final Pattern SHARE_TEXT = Pattern.compile("[01](\\.\\d{1,9})?");
    private static final String NONE = "off";
    private static final String FOUND = "auto";

    static final Form<Boolean> SWITCH = new Form<>(
            "on or off",
            List.of("on", "off"),
            text -> Optional.of(text).filter(List.of("on", "off")::contains).map("on"::equals),
            on -> on ? "on" : "off");

    private static final Pattern LAYERS = Pattern.compile("[1-6](,[1-6]){0,5}");

    static final Form<RequiredLayers> REQUIRED_LAYERS = new Form<>(
            "on for all six layers, numbers such as 1,2,3,4,6, or off",
            List.of("on", "off"),
            text -> switch (text) {
                case "on" -> Optional.of(RequiredLayers.ALL);
                case "off" -> Optional.of(RequiredLayers.NONE);
                default -> Optional.of(text).filter(LAYERS.asMatchPredicate()).map(RequiredLayers::numbered);
            },
            required -> required.equals(RequiredLayers.ALL)
                    ? "on"
                    : required.layers().isEmpty() ? "off" : required.toString());

    static final Form<Duration> TIMEOUT =
            new Form<>("a time from 1s to 24h, such as 30, 90s, 5m or 2h", List.of(), Form::timeout, Form::seconds);

    /** A time, or what somebody else takes for right. */
    static final Form<Optional<Duration>> FOUND_TIME = new Form<>(
            TIMEOUT.allowed() + ", or auto",
            List.of(),
            text -> unless(FOUND, text, Form::timeout),
            time -> time.map(Form::seconds).orElse(FOUND));

    /** Days, or no end of them. */
    static final Form<Optional<Duration>> AGE = new Form<>(
            "whole days such as 7d or 90d, at most 9999d, or off",
            List.of(),
            text -> unless(NONE, text, Form::days),
            age -> age.map(days -> days.toDays() + "d").orElse(NONE));

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
            text -> unless(FOUND, text, Form::path),
            path -> path.map(Path::toString).orElse(FOUND));

    /** A path, or none. */
    static final Form<Optional<Path>> OPTIONAL_PATH = new Form<>(
            "a path, or off",
            List.of(),
            text -> unless(NONE, text, Form::path),
            path -> path.map(Path::toString).orElse(NONE));

    static final Form<String> MODEL = new Form<>(
            "a model's name of at most 200 characters without blanks",
            List.of(),
            text -> Optional.of(text).filter(MODEL_NAME.asMatchPredicate()),
            Function.identity());

    /** An address, or that of the protocol's usual server. */
    static final Form<Optional<URI>> FOUND_URL = new Form<>(
            "an address such as http://127.0.0.1:8080/v1, or auto",
            List.of(),
            text -> unless(FOUND, text, Form::url),
            url -> url.map(URI::toString).orElse(FOUND));

    static final Form<Optional<URI>> PUSHGATEWAY = new Form<>(
            "an address such as http://127.0.0.1:9092, or off",
            List.of(),
            text -> unless(NONE, text, Form::url),
            url -> url.map(URI::toString).orElse(NONE));

    static final Form<Optional<URI>> OTLP = new Form<>(
            "an address such as http://127.0.0.1:4317, or off",
            List.of(),
            text -> unless(NONE, text, Form::url),
            url -> url.map(URI::toString).orElse(NONE));

    static final Form<OtlpProtocol> OTLP_PROTOCOL = new Form<>(
            "auto, grpc or http/protobuf",
            Arrays.stream(OtlpProtocol.values()).map(OtlpProtocol::label).toList(),
            OtlpProtocol::labelled,
            OtlpProtocol::label);

    /** A part of a whole. */
    static final Form<Double> SHARE = new Form<>(
            "a number from 0 to 1, such as 0.1",
            List.of(),
            text -> Optional.of(text)
                    .filter(SHARE_TEXT.asMatchPredicate())
                    .map(Double::valueOf)
                    .filter(share -> share <= 1),
            Form::share);

    /** As Ollama's own tools read it. */
    static final Form<URI> OLLAMA_HOST = new Form<>(
            "an address such as 127.0.0.1:11434 or https://host/path", List.of(), OllamaHost::parse, URI::toString);

    /** No other name than that one: what it stands for might change under a server. */
    static final Form<InetAddress> ADDRESS = new Form<>(
            "localhost or an IP address such as 127.0.0.1, 0.0.0.0 or ::1",
            List.of(),
            Form::address,
            InetAddress::getHostAddress);

    static final Form<UidRange> UIDS = new Form<>(
            "two user ids of 1 to 4294967294, such as 2000000000-2000000999",
            List.of(),
            UidRange::parse,
            UidRange::toString);

    /** Debian's packages have users up to 65534. */
    static final Form<Optional<UidRange>> IMAGE_UIDS = new Form<>(
            "the first and last of at least 65536 user ids, such as 2000065536-2000131071, or off",
            List.of(),
            text -> unless(NONE, text, range -> UidRange.parse(range).filter(uids -> uids.count() > 0xffff)),
            uids -> uids.map(UidRange::toString).orElse(NONE));

    static final Form<Optional<DataSize>> LIMIT = new Form<>(
            "a size such as 500M, 20G or 1T, or off",
            List.of(),
            Form::limit,
            limit -> limit.map(DataSize::toString).orElse(NONE));

    /** Of files that are written a line at a time, which a smaller limit would have removed at once. */
    static final Form<Optional<DataSize>> LOG_LIMIT = new Form<>(
            "a size of at least 1M, such as 100M or 2G, or off",
            List.of(),
            text -> limit(text).filter(limit -> limit.stream().allMatch(size -> size.bytes() >= 1 << 20)),
            limit -> limit.map(DataSize::toString).orElse(NONE));

    static final Form<Optional<RateLimit>> RATE = new Form<>(
            RateLimit.ALLOWED + ", or off",
            List.of(),
            text -> unless(NONE, text, RateLimit::parse),
            limit -> limit.map(RateLimit::toString).orElse(NONE));

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

    private static Optional<Duration> days(String text) {
        return Optional.of(text)
                .filter(DAYS.asMatchPredicate())
                .map(days -> Duration.ofDays(Long.parseLong(days.substring(0, days.length() - 1))));
    }

    private static String seconds(Duration duration) {
        return duration.toSeconds() + "s";
    }

    private static Optional<Optional<DataSize>> limit(String text) {
        Optional<DataSize> size = DataSize.parse(text);
        return text.equals(NONE) || size.isPresent() ? Optional.of(size) : Optional.empty();
    }

    /** Empty inside where the word is written that stands for no value. */
    private static <V> Optional<Optional<V>> unless(String word, String text, Function<String, Optional<V>> parser) {
        Optional<V> value = text.equals(word) ? Optional.empty() : parser.apply(text);
        return text.equals(word) || value.isPresent() ? Optional.of(value) : Optional.empty();
    }

    private static String share(double share) {
        return BigDecimal.valueOf(share).stripTrailingZeros().toPlainString();
    }

    private static Optional<URI> url(String text) {
        try {
            return Optional.of(text)
                    .filter(URL.asMatchPredicate())
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

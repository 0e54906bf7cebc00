package io.neurovisor.cli;

import io.neurovisor.engine.execution.ExecutionRequest;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads seconds, or a number with {@code s}, {@code m} or {@code h}, within what an execution may take. */
final class TimeoutConverter implements ITypeConverter<Duration> {
    private static final Pattern FORM = Pattern.compile("(\\d{1,9})([smh]?)");

    @Override
    public Duration convert(String value) {
        Matcher matcher = FORM.matcher(value);
        if (!matcher.matches()) {
            throw outOfRange(value);
        }
        long number = Long.parseLong(matcher.group(1));
        Duration duration = switch (matcher.group(2)) {
            case "h" -> Duration.ofHours(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofSeconds(number);
        };
        if (duration.isZero() || duration.compareTo(ExecutionRequest.MAX_TIMEOUT) > 0) {
            throw outOfRange(value);
        }
        return duration;
    }

    private static TypeConversionException outOfRange(String value) {
        return new TypeConversionException("\"" + value + "\" is not a time from 1s to 24h, such as 30, 90s, 5m or 2h");
    }
}

package io.neurovisor.server.overview;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FigureFormatTest {
    @ParameterizedTest
    @CsvSource({"0, 0.0 ms", "0.44, 0.4 ms", "49.4, 49 ms", "1250, 1.25 s", "125000, 2 min 5 s"})
    void durationsAreShort(double millis, String text) {
        assertThat(FigureFormat.millis(millis)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"-5, 0 s", "59, 59 s", "125, 2 min 5 s", "10920, 3 h 2 min", "356400, 4 d 3 h"})
    void durationsHaveTwoUnits(long seconds, String text) {
        assertThat(FigureFormat.duration(Duration.ofSeconds(seconds))).isEqualTo(text);
    }

    @Test
    void timesAreInUtc() {
        assertThat(FigureFormat.time(Instant.parse("2026-01-01T12:05:03.9Z"))).isEqualTo("12:05:03");
    }
}

package io.neurovisor.server.access.keys;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class KeyExpiryTest {
    private static final Instant NOW = Instant.parse("2026-11-25T12:00:00.123456Z");

    @ParameterizedTest
    @CsvSource({
        "1m, 2026-11-25T12:01:00.123Z",
        "12h, 2026-11-26T00:00:00.123Z",
        "90d, 2027-02-23T12:00:00.123Z",
        "9999d, 2054-04-11T12:00:00.123Z",
        "2026-11-26, 2026-11-26T00:00:00Z",
        "2028-02-29, 2028-02-29T00:00:00Z",
        "9999-12-31, 9999-12-31T00:00:00Z",
        "2026-11-25T12:00:01Z, 2026-11-25T12:00:01Z"
    })
    void readsDurationsAndDates(String text, Instant expected) {
        assertThat(KeyExpiry.parse(text, NOW)).contains(new KeyExpiry(expected));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "0d",
                "-1d",
                "+1d",
                "1",
                "d",
                "1 d",
                "1d ",
                "1D",
                "1s",
                "1w",
                "1y",
                "1.5d",
                "01d",
                "10000d",
                "99999999999999999999d",
                "90days",
                "P90D",
                "\u0661d",
                "2026-11-25",
                "2026-11-24",
                "1999-12-31",
                "0000-01-01",
                "2027-02-29",
                "2027-13-01",
                "2027-00-10",
                "2027-1-1",
                "27-01-01",
                "10000-01-01",
                "+10000-01-01",
                "-2027-01-01",
                "2027/01/01",
                "01.01.2027",
                "2027-01-01T",
                "2027-01-01T00:00",
                "2027-01-01T25:00:00Z",
                "2027-01-01T00:00:00",
                "2027-01-01T00:00:00+01:00",
                "2026-11-25T12:00:00Z",
                "tomorrow",
                "never",
                "off",
                "2027-01-01\n"
            })
    void rejectsPastAndInvalidTimes(String text) {
        assertThat(KeyExpiry.parse(text, NOW)).isEmpty();
    }

    @Test
    void isOverFromItsTimeOn() {
        KeyExpiry expiry = KeyExpiry.parse("1h", NOW).orElseThrow();
        assertThat(expiry.isOver(NOW)).isFalse();
        assertThat(expiry.isOver(expiry.time().minusMillis(1))).isFalse();
        assertThat(expiry.isOver(expiry.time())).isTrue();
        assertThat(expiry.isOver(expiry.time().plus(Duration.ofDays(400)))).isTrue();
    }
}

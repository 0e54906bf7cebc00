package io.neurovisor.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

final class TimeoutConverterTest {
    @ParameterizedTest
    @CsvSource({"1,1", "30,30", "90s,90", "5m,300", "2h,7200", "24h,86400", "86400,86400"})
    void readsTheDocumentedForms(String text, long seconds) {
        assertThat(new TimeoutConverter().convert(text)).hasSeconds(seconds);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "0", "0h", "-1", "1.5", "25h", "86401", "1000h", "99999999999999", "1d", "s", " 1", "1 s"})
    void refusesOthersWithTheRange(String text) {
        assertThatThrownBy(() -> new TimeoutConverter().convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("\"" + text + "\" is not a time from 1s to 24h");
    }
}

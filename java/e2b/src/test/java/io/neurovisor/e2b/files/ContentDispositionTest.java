package io.neurovisor.e2b.files;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ContentDispositionTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a.txt | inline; filename=a.txt",
                "a b | inline; filename=\"a b\"",
                "a\"b | inline; filename=\"a\\\"b\"",
                "a\\b | inline; filename=\"a\\\\b\"",
                "a;b=c | inline; filename=\"a;b=c\"",
                "ü.txt | inline; filename*=utf-8''%C3%BC.txt",
                "`ü\r\nx: y` | inline; filename*=utf-8''%C3%BC%0D%0Ax%3A%20y",
            })
    void aNameIsWrittenSoThatItEndsWhereItShould(String name, String header) {
        assertThat(ContentDisposition.inline(name)).isEqualTo(header);
    }
}

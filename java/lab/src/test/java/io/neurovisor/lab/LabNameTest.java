package io.neurovisor.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LabNameTest {
    @Test
    void isPartOfAPath() {
        assertThat(new LabName("lab-2")).hasToString("lab-2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "-x", "a/b", "A", "ab\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
    void rejectsNamesOfOtherPaths(String text) {
        assertThatThrownBy(() -> new LabName(text))
                .hasMessageContaining("--name")
                .hasMessageContaining("is not allowed");
    }
}

package io.neurovisor.engine.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ProgramTest {
    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\n\t"})
    void emptyCodeIsRefused(String code) {
        assertThatThrownBy(() -> new Program(Language.PYTHON, code)).hasMessageContaining("code is empty");
    }

    @Test
    void eightMebibytesAreAllowedAndOneByteMoreIsNot() {
        String largest = "#".repeat(Program.MAX_CODE_BYTES);
        assertThat(new Program(Language.PYTHON, largest).code()).hasSize(Program.MAX_CODE_BYTES);
        assertThatThrownBy(() -> new Program(Language.PYTHON, largest + "#")).hasMessageContaining("8388609 bytes");
    }

    @Test
    void theLimitCountsBytesNotCharacters() {
        String twoBytesEach = "é".repeat(Program.MAX_CODE_BYTES / 2 + 1);
        assertThatThrownBy(() -> new Program(Language.PYTHON, twoBytesEach)).hasMessageContaining("8388610 bytes");
    }

    @Test
    void argumentsCannotHoldNul() {
        assertThatThrownBy(() -> new Program(Language.BASH, "x", List.of("a\0b")))
                .hasMessageContaining("NUL");
    }
}

package io.neurovisor.lab;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class LabSizeTest {
    @Test
    void reportsTheInvalidOption() {
        assertThatThrownBy(() -> new LabSize(512, 1)).hasMessage("--memory 512 is not between 1024 and 65536");
        assertThatThrownBy(() -> new LabSize(2048, 0)).hasMessage("--cpus 0 is not between 1 and 16");
    }
}

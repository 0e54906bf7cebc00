package io.neurovisor.engine.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SandboxSizeTest {
    @ParameterizedTest
    @CsvSource({"small,1,256", "medium,2,512", "large,4,1024"})
    void hasTheDocumentedTiers(String name, int vcpuCount, int memoryMebibytes) {
        SandboxSize size = SandboxSize.named(name);
        assertThat(size.vcpuCount()).isEqualTo(vcpuCount);
        assertThat(size.memoryMebibytes()).isEqualTo(memoryMebibytes);
        assertThat(size.label()).isEqualTo(name);
    }

    @Test
    void rejectsAnUnknownName() {
        assertThatThrownBy(() -> SandboxSize.named("huge"))
                .hasMessage("size \"huge\" is not known; use one of small, medium, large");
    }
}

package io.neurovisor.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.server.setting.DataSize;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SandboxConfigTest {
    @ParameterizedTest
    @CsvSource({"1, 0", "2, 1", "10, 5", "11, 5"})
    void leavesHalfOfTheMachinesToExecutions(int machines, int sandboxes) {
        assertThat(config(Optional.empty()).maxOf(machines)).isEqualTo(sandboxes);
    }

    @Test
    void mayAllowAllMachines() {
        assertThat(config(Optional.of(10)).maxOf(10)).isEqualTo(10);
        assertThat(config(Optional.of(0)).maxOf(10)).isZero();
    }

    @Test
    void rejectsMoreSandboxesThanMachines() {
        config(Optional.of(10)).check(10);
        assertThatThrownBy(() -> config(Optional.of(11)).check(10))
                .hasMessage("--max-sandboxes of 11 is more than --max of 10; lower the first or raise the second");
    }

    private static SandboxConfig config(Optional<Integer> limit) {
        return new SandboxConfig(limit, Duration.ofMinutes(5), 100, new DataSize(20L << 30));
    }
}

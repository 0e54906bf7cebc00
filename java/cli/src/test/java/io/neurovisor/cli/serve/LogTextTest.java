package io.neurovisor.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LogTextTest {
    @Test
    void showsTheFieldsOfAJsonLine() {
        assertThat(LogText.of(
                        "{\"@timestamp\":\"2026-11-30T13:45:46.736893965Z\",\"message\":\"python in vm-1: COMPLETED\","
                                + "\"level\":\"INFO\",\"trace_id\":\"01a22cb4\"}"))
                .isEqualTo("2026-11-30T13:45:46Z INFO python in vm-1: COMPLETED [trace 01a22cb4]");
        assertThat(LogText.of("{\"@timestamp\":\"2026-11-30T13:45:46Z\",\"message\":\"ended\",\"level\":\"INFO\"}"))
                .isEqualTo("2026-11-30T13:45:46Z INFO ended");
    }

    @ParameterizedTest
    @ValueSource(strings = {"neurovisor: serves gRPC", "", "{\"@timestamp\":\"2026-11", "{\"a\":1}", "{"})
    void leavesOtherLinesAlone(String line) {
        assertThat(LogText.of(line)).isEqualTo(line);
    }
}

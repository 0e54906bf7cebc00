package io.neurovisor.host.ebpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.host.probe.EbpfReading;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class EbpfLayerTest {
    private static final EbpfReading MISSING = new EbpfReading("no BTF", "another kernel");

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OFF")
    void reportsTheMissingCondition(EbpfMode mode) {
        assertThat(EbpfLayer.expected(mode, MISSING)).isEqualTo(MISSING);
        assertThat(EbpfLayer.expected(mode, EbpfReading.IN_FORCE).isInForce()).isTrue();
    }

    @Test
    void offDisablesTheLayer() {
        for (EbpfReading supported : List.of(MISSING, EbpfReading.IN_FORCE)) {
            assertThat(EbpfLayer.expected(EbpfMode.OFF, supported).reason()).contains("--ebpf off");
        }
    }
}

package io.neurovisor.host.ebpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.host.probe.EbpfReading;
import io.neurovisor.host.probe.EbpfSupport;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class EbpfLayerTest {
    private static final EbpfSupport.Missing MISSING = new EbpfSupport.Missing("no BTF", "another kernel");

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OFF")
    void whatIsMissingIsWhyThereIsNone(EbpfMode mode) {
        assertThat(EbpfLayer.expected(mode, Optional.of(MISSING)))
                .isEqualTo(new EbpfReading("no BTF", "another kernel"));
        assertThat(EbpfLayer.expected(mode, Optional.empty()).watches()).isTrue();
    }

    @Test
    void whoeverSwitchesItOffHasNoneAnywhere() {
        for (Optional<EbpfSupport.Missing> missing :
                List.of(Optional.of(MISSING), Optional.<EbpfSupport.Missing>empty())) {
            assertThat(EbpfLayer.expected(EbpfMode.OFF, missing).reason()).contains("--ebpf off");
        }
    }
}

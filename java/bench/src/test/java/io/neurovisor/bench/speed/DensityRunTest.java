package io.neurovisor.bench.speed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class DensityRunTest {
    @Test
    void readsTheMemoryMetricsOfTheDaemon() {
        List<String> metrics = List.of(
                "# TYPE jvm_memory_used_bytes gauge",
                "jvm_memory_used_bytes{area=\"nonheap\"} 1.0",
                "jvm_memory_used_bytes{area=\"heap\"} 2.097152E7",
                "process_resident_memory_bytes 1.048576E8");
        assertThat(DensityRun.mebibytes(DensityRun.HEAP, metrics)).hasValue(20);
        assertThat(DensityRun.mebibytes(DensityRun.RESIDENT, metrics)).hasValue(100);
        assertThat(DensityRun.mebibytes(DensityRun.HEAP, List.of("jvm_memory_max_bytes{area=\"heap\"} 1")))
                .isEmpty();
    }
}

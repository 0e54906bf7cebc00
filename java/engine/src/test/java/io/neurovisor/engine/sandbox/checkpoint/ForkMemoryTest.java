package io.neurovisor.engine.sandbox.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ForkMemoryTest {
    @ParameterizedTest
    @CsvSource(textBlock = """
            # copies, changed, memory, spare
            2,  128,  512, 512, SEPARATE
            2,  129,  512, 512, SHARED
            4,   64,  512, 512, SEPARATE
            4,  200,  512, 512, SHARED
            4,  200,  512, 511, SEPARATE
            4,  200,  512,  -1, SEPARATE
            4,    0,  512, 512, SEPARATE
            1,  500,  512, 512, SEPARATE
            32,   5,  256, 256, SHARED
            32,   4,  256, 256, SEPARATE
            32, 1024, 1024, 9223372036854775807, SHARED
            """)
    void choosesTheWayThatTakesLess(
            int copies, long changedMebibytes, long memoryMebibytes, long spareMebibytes, ForkMemory expected) {
        long spareBytes = spareMebibytes == Long.MAX_VALUE ? Long.MAX_VALUE : spareMebibytes << 20;
        assertThat(ForkMemory.of(copies, changedMebibytes << 20, memoryMebibytes << 20, spareBytes))
                .isEqualTo(expected);
    }
}

package io.neurovisor.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.neurovisor.bench.speed.Workbench;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SeriesTest {
    private static final Series.Key KEY = new Series.Key("small", "warm python", Workbench.OURS);

    @Test
    void computesPercentiles() {
        Series series =
                of(0, IntStream.rangeClosed(1, 100).mapToObj(Double::valueOf).toList());
        assertThat(series.median()).isCloseTo(50, within(0.1));
        assertThat(series.percentile(99)).isCloseTo(99, within(0.1));
        assertThat(series.successRate()).isOne();
    }

    @Test
    void keepsThousandths() {
        assertThat(of(0, List.of(0.123)).median()).isEqualTo(0.123);
    }

    @Test
    void isNaNWithoutValues() {
        assertThat(of(0, List.of()).median()).isNaN();
        assertThat(of(0, List.of()).successRate()).isNaN();
    }

    @Test
    void failuresLowerTheSuccessRate() {
        assertThat(of(1, List.of(5.0, 6.0, 7.0)).successRate()).isEqualTo(0.75);
        assertThat(of(2, List.of()).successRate()).isZero();
    }

    private static Series of(int failed, List<Double> values) {
        return new Series(KEY, Unit.MILLISECONDS, values, failed, 0);
    }
}

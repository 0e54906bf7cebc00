package io.neurovisor.bench.fairness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

final class FairnessReportTest {
    @Test
    void comparesThe99thPercentiles() {
        FairnessReport report = new FairnessReport(hundred(100), hundred(150), 32, 700);
        assertThat(report.lines())
                .containsExactly(
                        "alone: 100 requests, p50 50 ms, p99 99 ms",
                        "next to 32 requests of another client, of which 700 were served: 100 requests, p50 75 ms, p99 149 ms",
                        "p99: 1.50 times that alone, within 2.00");
        assertThat(report.isFair()).isTrue();
    }

    @Test
    void moreThanDoubleIsUnfair() {
        FairnessReport report =
                new FairnessReport(Collections.nCopies(10, 100.0), Collections.nCopies(10, 201.0), 32, 700);
        assertThat(report.isFair()).isFalse();
        assertThat(report.lines().getLast()).isEqualTo("p99: 2.01 times that alone, not within 2.00");
    }

    @Test
    void anUnservedClientIsUnfair() {
        assertThat(new FairnessReport(hundred(100), hundred(100), 32, 0).isFair())
                .isFalse();
    }

    /** Returns a hundred evenly distributed values up to the maximum. */
    private static List<Double> hundred(double largest) {
        return DoubleStream.iterate(1, number -> number + 1)
                .limit(100)
                .mapToObj(number -> number * largest / 100)
                .toList();
    }
}

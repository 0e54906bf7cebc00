package io.neurovisor.bench.speed;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.bench.floor.Floor;
import io.neurovisor.bench.measure.Host;
import io.neurovisor.bench.measure.HostProgram;
import io.neurovisor.bench.measure.Series;
import io.neurovisor.bench.measure.Unit;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SpeedReportTest {
    private static final SpeedReport REPORT = new SpeedReport(
            "1.2.3",
            Instant.parse("2026-11-27T12:00:00Z"),
            Duration.ofMinutes(4),
            true,
            "qemu 10.0.2 (tcg), image base",
            new Host("Processor X", 2, 24_000, "6.1", 0.25, 100),
            new Host("Processor X", 2, 24_000, "6.1", 0.5, 107),
            List.of(
                    series(Workbench.OURS, List.of(10.0, 20.0), 1),
                    series(Floor.NAME, List.of(5.0, 10.0), 0),
                    series(HostProgram.GVISOR, List.of(), 3)),
            List.of(
                    new Target("a", "small", "x", 1.25, 1.3, true),
                    new Target("b", "small", "ms", Double.NaN, 3, true)));

    @Test
    void tableComparesWithTheFirstContender() {
        assertThat(REPORT.table())
                .containsExactly(
                        List.of(
                                "size",
                                "scenario",
                                "contender",
                                "p50",
                                "p95",
                                "p99",
                                "unit",
                                "n",
                                "failed",
                                "CPU ms",
                                "ratio"),
                        List.of("small", "warm", "NeuroVisor", "10.0", "20.0", "20.0", "ms", "2", "1", "7", "1.00"),
                        List.of("small", "warm", "bare VMM", "5.0", "10.0", "10.0", "ms", "2", "0", "7", "0.50"),
                        List.of("small", "warm", "gVisor runsc", "-", "-", "-", "ms", "0", "3", "7", "-"));
    }

    @Test
    void promisesShowTheirVerdict() {
        assertThat(REPORT.promises())
                .containsExactly(
                        List.of("size", "what", "measured", "target", ""),
                        List.of("small", "a", "1.25 x", "at most 1.30 x", "met"),
                        List.of("small", "b", "-", "at most 3.00 ms", "not measured"));
    }

    @Test
    void circumstancesNameTheMachine() {
        assertThat(REPORT.circumstances())
                .containsExactly(
                        "Processor X, 2 processors, 24000 MiB, Linux 6.1; qemu 10.0.2 (tcg), image base; load 0.3 before, 0.5"
                                + " after; 7 MiB of files read again that the kernel had dropped",
                        "NeuroVisor 1.2.3, 2026-11-27T12:00:00Z, in 240 s");
    }

    @Test
    void jsonHasEachValue() throws JsonProcessingException {
        JsonNode json = new ObjectMapper().readTree(REPORT.json());
        assertThat(json.at("/machine/processor").asText()).isEqualTo("Processor X");
        assertThat(json.at("/machine/refaulted_mib").asInt()).isEqualTo(7);
        assertThat(json.at("/series/0/values")).hasToString("[10.0,20.0]");
        assertThat(json.at("/series/0/failed").asInt()).isOne();
        assertThat(json.at("/series/2/p50").isNull()).isTrue();
        assertThat(json.at("/targets/0/at_most").asDouble()).isEqualTo(1.3);
        assertThat(json.at("/targets/1/value").isNull()).isTrue();
        assertThat(json.at("/targets/1/verdict").asText()).isEqualTo("not measured");
    }

    private static Series series(String contender, List<Double> values, int failed) {
        return new Series(new Series.Key("small", "warm", contender), Unit.MILLISECONDS, values, failed, 7);
    }
}

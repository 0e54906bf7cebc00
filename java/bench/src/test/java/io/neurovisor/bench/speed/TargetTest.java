package io.neurovisor.bench.speed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.neurovisor.bench.measure.Measurements;
import io.neurovisor.bench.measure.Series;
import io.neurovisor.bench.measure.Unit;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class TargetTest {
    private final Measurements measurements = new Measurements();

    @Test
    void computesEachTarget() {
        millis(WarmRun.PYTHON, Workbench.OURS, 60);
        millis(WarmRun.PYTHON, Floor.NAME, 50);
        millis(WarmRun.PYTHON, HostProgram.PLAIN, 10);
        millis(WarmRun.PYTHON, HostProgram.GVISOR, 180);
        millis(WarmRun.OVERHEAD, Workbench.OURS, 2.5);
        millis(CloneRun.ANSWERS, Workbench.OURS, 250);
        millis(CloneRun.ANSWERS, Floor.NAME, 200);
        millis(CloneRun.FRESH, Workbench.OURS, 700);
        millis(CloneRun.FRESH, Floor.NAME, 500);
        rate(Workbench.OURS, 4.2);
        rate(Floor.NAME, 5);
        millis(BurstRun.FULL, Workbench.OURS, 24_000);
        millis(BurstRun.EMPTY, Workbench.OURS, 50_000);
        measurements.failed(key(BurstRun.EMPTY, Workbench.OURS), Unit.MILLISECONDS);
        millis(StartRun.COMMAND, StartRun.BY_DAEMON, 300);
        millis(StartRun.COMMAND, StartRun.ALONE, 900);
        assertThat(verdicts())
                .containsEntry("warm Python, beside the bare VMM", "met")
                .containsEntry("warm Python, beside a plain process", "missed")
                .containsEntry("gVisor's runsc beside warm Python", "missed")
                .containsEntry("what of a request is not the machine's", "met")
                .containsEntry("clone to its answer, beside the bare VMM", "met")
                .containsEntry("fresh clone to the last byte, beside the bare VMM", "missed")
                .containsEntry("fresh machines per second, beside the bare VMM", "met")
                .containsEntry("burst of 100, 10 ready: answered", "met")
                .containsEntry("burst of 100, 10 ready: p99, beside 100 at the sustained rate", "met")
                .containsEntry("burst of 100, none ready: answered", "missed")
                .containsEntry("burst of 100, none ready: p99, beside 100 at the sustained rate", "missed")
                .containsEntry("memory of a waiting machine, beside the bare VMM", "not measured")
                .containsEntry("command, with a daemon", "met")
                .containsEntry("command, alone", "missed")
                .hasSize(14);
        assertThat(target("warm Python, beside the bare VMM").value()).isCloseTo(1.2, within(0.01));
        assertThat(target("burst of 100, 10 ready: p99, beside 100 at the sustained rate")
                        .value())
                .isCloseTo(1.008, within(0.01));
        assertThat(target("burst of 100, none ready: answered").value()).isEqualTo(50);
    }

    @Test
    void unmeasuredTargetsAreNotMet() {
        assertThat(verdicts())
                .hasSize(14)
                .allSatisfy((_, verdict) -> assertThat(verdict).isEqualTo("not measured"));
    }

    private Map<String, String> verdicts() {
        return Target.of("small", measurements).stream().collect(Collectors.toMap(Target::what, Target::verdict));
    }

    private Target target(String what) {
        return Target.of("small", measurements).stream()
                .filter(target -> target.what().equals(what))
                .findFirst()
                .orElseThrow();
    }

    private void millis(String scenario, String contender, double value) {
        measurements.add(key(scenario, contender), Unit.MILLISECONDS, value);
    }

    private void rate(String contender, double value) {
        measurements.add(key(SustainedRun.SUSTAINED, contender), Unit.MACHINES_PER_SECOND, value);
    }

    private static Series.Key key(String scenario, String contender) {
        return new Series.Key("small", scenario, contender);
    }
}

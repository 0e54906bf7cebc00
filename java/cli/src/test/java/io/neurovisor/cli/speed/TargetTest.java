package io.neurovisor.cli.speed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class TargetTest {
    private final Measurements measurements = new Measurements();

    @Test
    void eachFigureIsWhatItSays() {
        millis(ScenarioRun.WARM_PYTHON, ScenarioRun.OURS, 60);
        millis(ScenarioRun.WARM_PYTHON, Floor.NAME, 50);
        millis(ScenarioRun.WARM_PYTHON, HostProgram.PLAIN, 10);
        millis(ScenarioRun.WARM_PYTHON, HostProgram.GVISOR, 180);
        millis(ScenarioRun.OVERHEAD, ScenarioRun.OURS, 2.5);
        millis(ScenarioRun.CLONE, ScenarioRun.OURS, 250);
        millis(ScenarioRun.CLONE, Floor.NAME, 200);
        millis(ScenarioRun.FRESH, ScenarioRun.OURS, 700);
        millis(ScenarioRun.FRESH, Floor.NAME, 500);
        rate(ScenarioRun.OURS, 4.2);
        rate(Floor.NAME, 5);
        millis(ScenarioRun.BURST_FULL, ScenarioRun.OURS, 24_000);
        millis(ScenarioRun.BURST_EMPTY, ScenarioRun.OURS, 50_000);
        measurements.failed(key(ScenarioRun.BURST_EMPTY, ScenarioRun.OURS), Measure.MILLISECONDS);
        millis(ScenarioRun.START, ScenarioRun.BY_DAEMON, 300);
        millis(ScenarioRun.START, ScenarioRun.ALONE, 900);
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
    void whatWasNotMeasuredIsNeverMet() {
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
        measurements.add(key(scenario, contender), Measure.MILLISECONDS, value);
    }

    private void rate(String contender, double value) {
        measurements.add(key(ScenarioRun.SUSTAINED, contender), Measure.MACHINES_PER_SECOND, value);
    }

    private static Series.Key key(String scenario, String contender) {
        return new Series.Key("small", scenario, contender);
    }
}

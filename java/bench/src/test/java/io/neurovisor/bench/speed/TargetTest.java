package io.neurovisor.bench.speed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.neurovisor.bench.floor.Floor;
import io.neurovisor.bench.measure.HostProgram;
import io.neurovisor.bench.measure.Measurements;
import io.neurovisor.bench.measure.Series;
import io.neurovisor.bench.measure.Unit;
import io.neurovisor.bench.sandbox.StalledReaders;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
        millis(WarmRun.PRIMED_JAVASCRIPT, Workbench.OURS, 420);
        millis(WarmRun.PRIMED_JAVASCRIPT, Floor.NAME, 300);
        millis(SustainedRun.HOST_TIME, Workbench.OURS, 7.5);
        millis(CloneRun.ANSWERS, Workbench.OURS, 250);
        millis(CloneRun.ANSWERS, Floor.NAME, 200);
        millis(CloneRun.FRESH, Workbench.OURS, 700);
        millis(CloneRun.FRESH, Floor.NAME, 500);
        rate(Workbench.OURS, 4.2);
        rate(Floor.NAME, 5);
        millis(BurstRun.FULL, Workbench.OURS, 24_000);
        millis(BurstRun.EMPTY, Workbench.OURS, 50_000);
        measurements.failed(key(BurstRun.EMPTY, Workbench.OURS), Unit.MILLISECONDS);
        millis(StartRun.FIRST_MACHINE, Workbench.OURS, 1400);
        millis(StartRun.COMMAND, StartRun.BY_DAEMON, 300);
        millis(StartRun.COMMAND, StartRun.ALONE, 900);
        assertThat(verdicts())
                .hasSize(30)
                .containsEntry("warm Python, beside the bare VMM", "met")
                .containsEntry("warm Python, beside a plain process", "missed")
                .containsEntry("gVisor's runsc beside warm Python", "missed")
                .containsEntry("what of a request is not the machine's", "met")
                .containsEntry("warm JavaScript, primed with it, beside the bare VMM", "missed")
                .containsEntry("processor time of daemon and spawner, per execution", "met")
                .containsEntry("clone to its answer, beside the bare VMM", "met")
                .containsEntry("fresh clone to the last byte, beside the bare VMM", "missed")
                .containsEntry("fresh machines per second, beside the bare VMM", "met")
                .containsEntry("burst of 100, 10 ready: answered", "met")
                .containsEntry("burst of 100, 10 ready: p99, beside 100 at the sustained rate", "met")
                .containsEntry("burst of 100, none ready: answered", "missed")
                .containsEntry("burst of 100, none ready: p99, beside 100 at the sustained rate", "missed")
                .containsEntry("memory of a waiting machine, beside the bare VMM", "not measured")
                .containsEntry("daemon to its first machine", "met")
                .containsEntry("command, with a daemon", "met")
                .containsEntry("command, alone", "missed");
        assertThat(target("warm Python, beside the bare VMM").value()).isCloseTo(1.2, within(0.01));
        assertThat(target("burst of 100, 10 ready: p99, beside 100 at the sustained rate")
                        .value())
                .isCloseTo(1.008, within(0.01));
        assertThat(target("burst of 100, none ready: answered").value()).isEqualTo(50);
    }

    @Test
    void computesTheTargetsOfSandboxes() {
        millis(SandboxRun.CREATED, Workbench.OURS, 190);
        millis(SandboxRun.STARTED, Workbench.OURS, 14);
        millis(SandboxRun.STARTED, Floor.NAME, 10);
        mebibytesPerSecond(SandboxRun.FILE_IN, Workbench.OURS, 19);
        mebibytesPerSecond(SandboxRun.FILE_IN, Floor.NAME, 20);
        mebibytesPerSecond(SandboxRun.FILE_OUT, Workbench.OURS, 17);
        mebibytesPerSecond(SandboxRun.FILE_OUT, Floor.NAME, 20);
        millis(SandboxRun.FILES, Workbench.OURS, 7_000);
        millis(SandboxRun.FILES, Floor.NAME, 5_000);
        measurements.add(key(SandboxRun.IdleSandboxes.WAITING, Workbench.OURS), Unit.MEBIBYTES, 90);
        measurements.add(key(SandboxRun.IdleSandboxes.IDLE, Workbench.OURS), Unit.MEBIBYTES, 93);
        mebibytesPerSecond(StalledReaders.ALONE, Workbench.OURS, 30);
        mebibytesPerSecond(StalledReaders.CONTENDED, Workbench.OURS, 20);
        millis(SandboxRun.EXECUTED, Workbench.OURS, 102);
        millis(SandboxRun.EXECUTED, SandboxRun.WITHOUT, 100);
        assertThat(verdicts())
                .containsEntry("sandbox created from the warm pool", "met")
                .containsEntry("true in a sandbox, beside bare gRPC", "missed")
                .containsEntry("file of 64 MiB into a sandbox, beside bare gRPC", "met")
                .containsEntry("file of 64 MiB out of a sandbox, beside bare gRPC", "missed")
                .containsEntry("1000 files of 1 KiB into a sandbox, beside bare gRPC", "met")
                .containsEntry("idle sandbox, above a waiting machine", "met")
                .containsEntry("output of a sandbox beside ten stalled readers, beside alone", "missed")
                .containsEntry("warm Python with sandboxes on, beside off", "met");
        assertThat(target("idle sandbox, above a waiting machine").value()).isCloseTo(3, within(0.1));
    }

    @Test
    void unmeasuredTargetsAreNotMet() {
        assertThat(verdicts())
                .hasSize(30)
                .allSatisfy((_, verdict) -> assertThat(verdict).isEqualTo("not measured"));
    }

    private Stream<Target> targets() {
        return Stream.concat(
                Target.of("small", measurements).stream(), Target.of(Scenario.SANDBOX, "small", measurements).stream());
    }

    private Map<String, String> verdicts() {
        return targets().collect(Collectors.toMap(Target::what, Target::verdict));
    }

    private Target target(String what) {
        return targets()
                .filter(target -> target.what().equals(what))
                .findFirst()
                .orElseThrow();
    }

    private void millis(String scenario, String contender, double value) {
        measurements.add(key(scenario, contender), Unit.MILLISECONDS, value);
    }

    private void mebibytesPerSecond(String scenario, String contender, double value) {
        measurements.add(key(scenario, contender), Unit.MEBIBYTES_PER_SECOND, value);
    }

    private void rate(String contender, double value) {
        measurements.add(key(SustainedRun.SUSTAINED, contender), Unit.MACHINES_PER_SECOND, value);
    }

    private static Series.Key key(String scenario, String contender) {
        return new Series.Key("small", scenario, contender);
    }
}

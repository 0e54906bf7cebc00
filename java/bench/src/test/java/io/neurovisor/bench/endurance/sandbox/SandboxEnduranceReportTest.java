package io.neurovisor.bench.endurance.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.bench.endurance.Footprint;
import io.neurovisor.bench.endurance.TrialResult;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.PauseReason;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.SandboxSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** A run with a sandbox whose end nothing explains does not pass. */
final class SandboxEnduranceReportTest {
    private static final Footprint SMALL = new Footprint(60, OptionalLong.empty());
    private static final Duration LIFE = Duration.ofSeconds(60);
    private static final Instant CREATED = Instant.EPOCH;

    private final SandboxLedger ledger = new SandboxLedger();
    private final List<SandboxRecord> records = new ArrayList<>();

    @Test
    void reportsAPerfectRun() {
        ask("a", true);
        record("a", SandboxEnd.LOST, Duration.ofSeconds(3));
        ask("b", false);
        record("b", SandboxEnd.TIMED_OUT, LIFE);
        ask("c", false);
        record("c", SandboxEnd.DIED, Duration.ofSeconds(1));
        ask("never answered", false);
        ask("d", false).leave();
        record("d", SandboxEnd.SHUTDOWN, Duration.ofSeconds(9));
        record("of another run", SandboxEnd.OUT_OF_MEMORY, LIFE);
        ask("e", false).leave();
        records.add(paused("e"));
        ledger.end(SandboxUse.FILE, SandboxLedger.How.RIGHT);
        assertThat(report(1).complaints()).isEmpty();
        assertThat(report(1).lines())
                .contains(
                        "file: right 1, ended 0, refused 0, daemon lost 0, wrong 0",
                        "sandboxes ended: timed out 1, died 1, lost 1, shutdown 1; paused with the daemon: 1",
                        "left behind: nothing")
                .last()
                .asString()
                .startsWith("held: each sandbox ended once");
    }

    @Test
    void reportsEachUnexplainedEnd() {
        for (SandboxEnd end : SandboxEnd.values()) {
            UsedSandbox asked = ask(end.name(), false);
            if (end != SandboxEnd.FAILED) {
                asked.received("a".repeat(20));
            }
            record(end.name(), end, Duration.ofSeconds(5));
        }
        assertThat(report(2).complaints())
                .hasSize(SandboxEnd.values().length - 2)
                .allMatch(line -> line.matches("sandbox \\w+ ended as \\w+ without a cause: why"))
                .noneMatch(line -> line.contains("DIED") || line.contains("FAILED"));
        assertThat(report(0).complaints()).contains("2 sandboxes died, but 0 machines were killed");
    }

    @Test
    void reportsRecordsThatAreMissingOrTwice() {
        ask("twice", false);
        record("twice", SandboxEnd.DIED, LIFE);
        record("twice", SandboxEnd.DIED, LIFE);
        ledger.wrong(SandboxUse.FILE, "read 1 bytes of a file of 2");
        assertThat(report(2).complaints())
                .containsExactly("FILE read 1 bytes of a file of 2", "sandbox with the label twice has 2 records");
    }

    @Test
    void reportsTheSandboxWithoutAnEnd() {
        ask("a", false);
        records.add(sandbox("a", Optional.empty(), LIFE));
        assertThat(report(0).complaints()).singleElement().asString().endsWith(" has no end");
    }

    @Test
    void reportsAPauseWithoutACause() {
        ask("a", false).received("a".repeat(20));
        records.add(paused("a"));
        assertThat(report(0).complaints()).singleElement().asString().endsWith(" is paused without a cause");
    }

    @Test
    void accountsForEachCopy() {
        UsedSandbox source = ask("source", false);
        record("source", SandboxEnd.TIMED_OUT, LIFE);
        ledger.begin(source.copy("b".repeat(20)));
        records.add(copy("b", SandboxEnd.TIMED_OUT));
        records.add(copy("c", SandboxEnd.SHUTDOWN));
        assertThat(report(0).complaints()).isEmpty();
        ledger.begin(source.copy("d".repeat(20)));
        records.add(copy("b", SandboxEnd.KILLED));
        assertThat(report(0).complaints())
                .containsExactlyInAnyOrder(
                        "sandbox " + "b".repeat(20) + " ended as KILLED without a cause: why",
                        "sandbox " + "b".repeat(20) + " has 2 records",
                        "sandbox " + "d".repeat(20) + " has 0 records");
    }

    private static SandboxRecord copy(String letter, SandboxEnd end) {
        SandboxRecord source = sandbox("source", Optional.of(end), LIFE);
        return new SandboxRecord(
                new SandboxId(letter.repeat(20)),
                source.owner(),
                new SandboxSpec(
                        source.spec().kind(),
                        LIFE,
                        Map.of(),
                        Optional.empty(),
                        source.spec().metadata(),
                        "",
                        Optional.empty(),
                        source.spec().onTimeout(),
                        false,
                        Optional.empty(),
                        Optional.of(source.id())),
                source.created(),
                source.ends(),
                Optional.empty(),
                1,
                Optional.of(end),
                "why");
    }

    private static SandboxRecord paused(String token) {
        SandboxRecord record = sandbox(token, Optional.empty(), LIFE);
        return new SandboxRecord(
                record.id(),
                record.owner(),
                record.spec(),
                record.created(),
                record.ends(),
                record.vmId(),
                record.generation(),
                Optional.of(PauseReason.SHUTDOWN),
                Optional.empty(),
                "");
    }

    private UsedSandbox ask(String token, boolean diesWithFirstDaemon) {
        UsedSandbox sandbox = new UsedSandbox(token, LIFE, diesWithFirstDaemon);
        ledger.begin(sandbox);
        return sandbox;
    }

    private void record(String token, SandboxEnd end, Duration lived) {
        records.add(sandbox(token, Optional.of(end), lived));
    }

    private static SandboxRecord sandbox(String token, Optional<SandboxEnd> end, Duration lived) {
        SandboxSpec spec = new SandboxSpec(
                new MachineKind("base", SandboxSize.SMALL),
                LIFE,
                Map.of(),
                Optional.empty(),
                Map.of("endurance", token),
                "",
                Optional.empty());
        return new SandboxRecord(
                new SandboxId("a".repeat(20)),
                "owner",
                spec,
                CREATED,
                CREATED.plus(lived),
                Optional.empty(),
                1,
                end,
                "why");
    }

    private SandboxEnduranceReport report(int machinesKilled) {
        return new SandboxEnduranceReport(
                ledger,
                records,
                new TrialResult(Duration.ofMinutes(2), 4, 1, machinesKilled, SMALL, SMALL, 0, List.of()));
    }
}

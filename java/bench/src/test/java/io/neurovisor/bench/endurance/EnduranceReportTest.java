package io.neurovisor.bench.endurance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run with a broken promise does not pass. */
final class EnduranceReportTest {
    private static final Footprint SMALL = new Footprint(60, OptionalLong.of(10 << 20));
    private static final AuditTrail CLEAN = new AuditTrail(Map.of("a", 1, "b", 0), 4);

    private final Ledger ledger = new Ledger();

    @TempDir
    private Path directory;

    @Test
    void reportsAPerfectRun() {
        end(RequestKind.GREETING, RequestOutcome.How.RIGHT);
        end(RequestKind.KEYED, RequestOutcome.How.UNKNOWN);
        end(RequestKind.TIMEOUT, RequestOutcome.How.DIED);
        end(RequestKind.GONE, RequestOutcome.How.GONE);
        EnduranceReport report = report(1, SMALL, 0, CLEAN, List.of());
        assertThat(report.complaints()).isEmpty();
        assertThat(report.lines())
                .contains(
                        "left behind: nothing",
                        "daemon: descriptors 60, then 60; heap 10.0 MiB, then 10.0 MiB; ended with 0")
                .last()
                .asString()
                .startsWith("held: ");
    }

    @Test
    void reportsEachBrokenPromise() {
        assertThat(report(0, SMALL, 0, new AuditTrail(Map.of("a", 2), 0), List.of())
                        .complaints())
                .containsExactly("program a was begun 2 times");
        assertThat(report(0, SMALL, 0, new AuditTrail(Map.of("a", 1), 5), List.of())
                        .complaints())
                .singleElement()
                .asString()
                .startsWith("5 executions have no end");
        assertThat(report(0, new Footprint(90, OptionalLong.empty()), 0, CLEAN, List.of())
                        .complaints())
                .containsExactly("descriptors grew from 60 to 90");
        assertThat(report(0, new Footprint(60, OptionalLong.of(100 << 20)), 0, CLEAN, List.of())
                        .complaints())
                .containsExactly("the heap grew from 10.0 MiB to 100.0 MiB");
        assertThat(report(0, SMALL, 137, CLEAN, List.of("socket /s")).complaints())
                .containsExactly("the daemon ended with 137", "left behind: socket /s");
        end(RequestKind.GREETING, RequestOutcome.How.DIED);
        assertThat(report(0, SMALL, 0, CLEAN, List.of()).complaints())
                .containsExactly("1 sandboxes died, of which 0 were killed");
    }

    @Test
    void honestClientsThatHostileOnesSlowDownAreReported() {
        List<Duration> alone = Collections.nCopies(100, Duration.ofMillis(50));
        Latencies twice = new Latencies(alone, Collections.nCopies(100, Duration.ofMillis(100)));
        assertThat(report(twice).complaints()).isEmpty();
        assertThat(report(twice).lines())
                .contains("hostile clients: 2, which made: flood 3")
                .anyMatch(line -> line.endsWith("p99 100 ms: 2.00 times, at most 2.00"));
        Latencies more = new Latencies(alone, Collections.nCopies(100, Duration.ofMillis(110)));
        assertThat(report(more).complaints())
                .containsExactly("honest clients' p99 next to hostile clients is 2.20 times that alone");
        Latencies few = new Latencies(alone, List.of(Duration.ofMillis(1)));
        assertThat(report(few).complaints())
                .containsExactly(
                        "100 greetings alone and 1 next to hostile clients are too few to compare; choose a longer"
                                + " --duration");
    }

    private EnduranceReport report(Latencies latencies) {
        return new EnduranceReport(
                ledger, Optional.of(new HostileTraffic(2, "flood 3", latencies)), CLEAN, trial(0, SMALL, 0, List.of()));
    }

    @Test
    void reportsRequestsWithoutOutcome() {
        ClientRequest endless = new ClientRequest(RequestKind.OUTPUT, "one");
        ledger.begin(endless);
        ClientRequest wrong = new ClientRequest(RequestKind.FAILURE, "two");
        ledger.begin(wrong);
        ledger.end(wrong, new RequestOutcome(RequestOutcome.How.WRONG, "ended with code 0", Duration.ZERO));
        EnduranceReport report = report(0, SMALL, 0, CLEAN, List.of());
        assertThat(report.complaints())
                .containsExactlyInAnyOrder("OUTPUT one has 0 outcomes", "FAILURE two ended with code 0");
        assertThat(report.lines()).last().isEqualTo("2 promises were broken");
    }

    @Test
    void countsStartsInTheAuditLog() throws IOException {
        ClientRequest once = new ClientRequest(RequestKind.KEYED, "once");
        ClientRequest twice = new ClientRequest(RequestKind.KEYED, "twice");
        ClientRequest never = new ClientRequest(RequestKind.KEYED, "never");
        List<String> older = new ArrayList<>(List.of(accepted("t1", once), ended("t1", "\"outcome\":\"COMPLETED\"")));
        older.addAll(List.of(accepted("t2", never), ended("t2", "\"fault\":\"POOL_EXHAUSTED\"")));
        Files.write(directory.resolve("audit-1.jsonl"), older);
        Files.write(
                directory.resolve("audit.jsonl"),
                List.of(
                        accepted("t3", twice),
                        ended("t3", "\"outcome\":\"SANDBOX_DIED\""),
                        "{\"event\":\"accepted\",\"trace",
                        accepted("t3", twice),
                        accepted("t4", new ClientRequest(RequestKind.KEYED, "of another client"))));
        AuditTrail trail = AuditTrail.read(directory, List.of(once, twice, never));
        assertThat(trail.begun())
                .containsOnly(Map.entry(once.digest(), 1), Map.entry(twice.digest(), 2), Map.entry(never.digest(), 0));
        assertThat(trail.unended()).isEqualTo(1);
    }

    @Test
    void addsBothHeapGenerations() {
        List<String> lines = List.of(
                "4841:",
                "DefNew     total 9792K, used 1502K [0x00000000c0000000, 0x00000000c0aa0000)",
                "eden space 8704K,   4% used [0x00000000c0000000, 0x00000000c0067b18)",
                "Tenured    total 21888K, used 11135K [0x00000000d5550000, 0x00000000d6ab0000)");
        assertThat(Footprint.used(lines)).isEqualTo((1502L + 11135) << 10);
        assertThatThrownBy(() -> Footprint.used(List.of("garbage-first heap")))
                .isInstanceOf(NeuroVisorException.class)
                .hasMessageContaining("garbage-first");
    }

    private void end(RequestKind kind, RequestOutcome.How how) {
        ClientRequest request = new ClientRequest(kind, kind + " " + how);
        ledger.begin(request);
        ledger.end(request, new RequestOutcome(how, "", Duration.ofMillis(5)));
    }

    private EnduranceReport report(int killed, Footprint after, int exitCode, AuditTrail audit, List<String> left) {
        return new EnduranceReport(ledger, Optional.empty(), audit, trial(killed, after, exitCode, left));
    }

    private static TrialResult trial(int killed, Footprint after, int exitCode, List<String> left) {
        return new TrialResult(Duration.ofMinutes(2), 4, 1, killed, SMALL, after, exitCode, left);
    }

    private static String accepted(String trace, ClientRequest request) {
        return "{\"event\":\"accepted\",\"trace_id\":\"" + trace + "\",\"code_sha256\":\"" + request.digest() + "\"}";
    }

    private static String ended(String trace, String how) {
        return "{\"event\":\"ended\",\"trace_id\":\"" + trace + "\"," + how + "}";
    }
}

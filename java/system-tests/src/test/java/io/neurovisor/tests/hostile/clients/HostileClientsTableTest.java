package io.neurovisor.tests.hostile.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Checks the list of client attacks, their judge, and the table in the security documents. */
final class HostileClientsTableTest {
    private static final int ATTACKS_MIN = 60;
    private static final int SHORT = 15;
    private static final DaemonNumbers BEFORE =
            new DaemonNumbers(30L << 20, 100, 40, Map.of("data", 3L, "data/audit", 1L));
    private static final HonestClients.Times SOON =
            new HonestClients.Times(Duration.ofMillis(300), Duration.ofSeconds(1));

    @Test
    void hasEnoughAttacks() {
        assertThat(ClientAttack.all())
                .hasSizeGreaterThanOrEqualTo(ATTACKS_MIN)
                .extracting(ClientAttack::toString)
                .doesNotHaveDuplicates();
        assertThat(ClientAttack.all())
                .extracting(ClientAttack::group)
                .as("one daemon serves all groups but the last")
                .isSorted()
                .contains(ClientAttack.Group.values());
    }

    /** The report finds withstood attacks by equality. */
    @Test
    void attacksAreEqualByName() {
        assertThat(ClientAttack.all()).isEqualTo(ClientAttack.all());
    }

    @Test
    void shortTierHasFifteenAttacks() {
        assertThat(ClientAttack.all())
                .filteredOn(ClientAttack::isShort)
                .hasSize(SHORT)
                .noneMatch(ClientAttack::isEncrypted);
    }

    @Test
    void eachProgramStatesItsPurpose() {
        assertThat(ClientAttack.all()).allSatisfy(attack -> {
            assertThat(attack.name()).matches("[a-z0-9]+(_[a-z0-9]+)*");
            assertThat(attack.title()).endsWith(".").hasSizeBetween(20, 120);
        });
        assertThat(ClientAttack.all()).extracting(ClientAttack::stoppedBy).contains(ClientAttack.Defence.values());
    }

    @Test
    void documentListsTheseAttacks() throws IOException {
        List<ClientAttack> all = ClientAttack.all();
        List<String> lines = Files.readAllLines(CommandLineRun.home().resolve("docs/design/security-tests.md"));
        int begin = lines.indexOf(HostileClientsReport.BEGIN) + 1;
        assertThat(begin).as(HostileClientsReport.BEGIN).isPositive();
        int end = begin + lines.subList(begin, lines.size()).indexOf(HostileClientsReport.END);
        assertThat(lines.subList(begin, end))
                .as("./neurovisor test --area hostile-clients --record writes it, when all are withstood")
                .isEqualTo(HostileClientsReport.table(all, all));
    }

    @Test
    void rejectsSlowService() {
        Duration second = Duration.ofSeconds(1);
        assertThat(SOON.objections(second)).isEmpty();
        assertThat(new HonestClients.Times(Duration.ofMillis(1001), SOON.atSocket()).objections(second))
                .containsExactly("the honest client with a key was served after 1001 ms, limit 1000 ms");
        assertThat(new HonestClients.Times(SOON.withKey(), Duration.ofSeconds(30)).objections(second))
                .containsExactly("the honest client at the Unix socket was served after 30000 ms, limit 1000 ms");
    }

    @Test
    void slowHostsGetThreeTimesTheirUsualTime() {
        assertThat(RehearsedDaemon.limit(new HonestClients.Times(Duration.ofMillis(20), Duration.ofMillis(330))))
                .isEqualTo(Duration.ofSeconds(1));
        assertThat(RehearsedDaemon.limit(new HonestClients.Times(Duration.ofMillis(500), Duration.ofMillis(330))))
                .isEqualTo(Duration.ofMillis(1500));
    }

    @Test
    void rejectsLeftovers() {
        assertThat(BEFORE.objections(BEFORE)).isEmpty();
        DaemonNumbers after = new DaemonNumbers(
                BEFORE.heapBytes() + DaemonNumbers.MORE_HEAP_BYTES + 1024,
                BEFORE.descriptors() + DaemonNumbers.MORE_DESCRIPTORS + 1,
                BEFORE.threads() + DaemonNumbers.MORE_THREADS + 1,
                Map.of("data", 3L, "data/audit", 2L, "data/jails", 1L));
        assertThat(after.objections(BEFORE))
                .satisfiesExactly(
                        heap -> assertThat(heap).contains("KiB of heap"),
                        descriptors -> assertThat(descriptors).startsWith("107 descriptors, 100 before"),
                        threads -> assertThat(threads).startsWith("47 threads, 40 before"),
                        files -> assertThat(files).startsWith("2 files in data/audit, 1 before"),
                        files -> assertThat(files).startsWith("1 files in data/jails, 0 before"));
        assertThat(BEFORE.objections(after)).as("less than before").isEmpty();
    }
}

package io.neurovisor.tests.hostile.sandboxes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.LatencyLine;
import io.neurovisor.tests.fixtures.TestMachines;
import io.neurovisor.tests.hostile.guest.HostNumbers;
import io.neurovisor.tests.hostile.guest.PeakNumbers;
import io.neurovisor.tests.runner.Alone;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Lets compromised agents attack the host of their living sandboxes in every documented way, several at a time, next to an honest
 * sandbox in a real machine. What no honest agent does ends its sandbox with the reason in its record; the rest harms the sandbox
 * alone. The honest sandbox goes on, and the resources of the host are as before at the end.
 */
@Alone
final class HostileSandboxIT {
    private static final int ATTACKERS = 8;
    private static final int ROUNDS = 2;
    private static final long MEBIBYTE = 1 << 20;
    private static final long MOST_HEAP_MEBIBYTES = 64;
    private static final long MOST_DIRECT_MEBIBYTES = 64;

    /** Far more than a process needs on an emulated processor shared with all attackers. */
    private static final Duration HONEST_LIMIT = Duration.ofSeconds(60);

    private static final Duration SETTLING = Duration.ofSeconds(60);

    private final Queue<String> problems = new ConcurrentLinkedQueue<>();
    private final Queue<Duration> honestTimes = new ConcurrentLinkedQueue<>();
    private final CountDownLatch over = new CountDownLatch(1);

    @TempDir
    Path directory;

    private TestMachines machines;
    private AttackedSandboxes host;

    @BeforeEach
    void open() throws IOException {
        CommandLineRun template = CommandLineRun.of("run", "--size", "small", "-l", "bash", "-c", "echo ok");
        assertThat(template.stdout()).as(template.stderr()).isEqualTo("ok\n");
        machines = new TestMachines(directory);
        host = new AttackedSandboxes(machines, Files.createDirectory(directory.resolve("guests")), 2 * ATTACKERS + 1);
    }

    @AfterEach
    void close() {
        host.close();
        machines.close();
    }

    @Test
    void leavesTheHostAndHonestSandboxesAsTheyWere() throws Exception {
        List<SandboxAttack> attacks = Stream.of(ProcessAttacks.all(), FileAttacks.all(), LifeAttacks.all())
                .flatMap(List::stream)
                .toList();
        attackFrom(new ConcurrentLinkedQueue<>(attacks));
        Duration _ = host.runHonestly();
        awaitIdle();
        HostNumbers before = numbers();
        System.out.printf("hostile sandboxes: before %s%n", before);

        PeakNumbers peak = PeakNumbers.start();
        Thread honest = Thread.ofPlatform().name("honest").start(this::runHonestly);
        for (int round = 0; round < ROUNDS; round++) {
            attackFrom(new ConcurrentLinkedQueue<>(attacks));
        }
        over.countDown();
        honest.join();
        peak.stop();
        awaitIdle();
        System.out.printf("hostile sandboxes: %d attacks; peak %s%n", ROUNDS * attacks.size(), peak);
        System.out.printf("hostile sandboxes: honest processes %s%n", LatencyLine.of(honestTimes));

        assertThat(String.join("\n", problems)).isEmpty();
        assertThat(host.honestLives()).isTrue();
        assertThat(honestTimes).isNotEmpty().allMatch(time -> time.compareTo(HONEST_LIMIT) < 0);
        assertThat(peak.heapBytes() - before.heapBytes()).isLessThan(MOST_HEAP_MEBIBYTES * MEBIBYTE);
        assertThat(peak.directBytes() - before.directBytes()).isLessThan(MOST_DIRECT_MEBIBYTES * MEBIBYTE);
        await().atMost(SETTLING).untilAsserted(() -> assertAsBefore(before));
        System.out.printf("hostile sandboxes: after %s%n", numbers());
    }

    private void assertAsBefore(HostNumbers before) throws IOException {
        HostNumbers after = numbers();
        String shown = "before " + before + ", after " + after;
        assertThat(after.heapBytes() - before.heapBytes()).as(shown).isLessThan(16 * MEBIBYTE);
        assertThat(after.directBytes() - before.directBytes()).as(shown).isLessThan(16 * MEBIBYTE);
        assertThat(after.threads()).as(shown).isLessThanOrEqualTo(before.threads() + 2);
        assertThat(after.virtualThreads()).as(shown).isLessThanOrEqualTo(before.virtualThreads());
        assertThat(after.descriptors()).as(shown).isLessThanOrEqualTo(before.descriptors());
        assertThat(after.files()).as(shown).isEqualTo(before.files());
        // A record of each sandbox, in a log of SQLite's that has up to 4 MiB.
        assertThat(after.fileBytes() - before.fileBytes()).as(shown).isLessThan(8 * MEBIBYTE);
        assertThat(after.processes()).as(shown).isEqualTo(before.processes());
    }

    private void attackFrom(Queue<SandboxAttack> attacks) throws InterruptedException {
        List<Thread> attackers = Stream.generate(() -> Thread.ofVirtual().unstarted(() -> {
                    for (SandboxAttack attack = attacks.poll(); attack != null; attack = attacks.poll()) {
                        host.attack(attack).ifPresent(problems::add);
                    }
                }))
                .limit(ATTACKERS)
                .toList();
        attackers.forEach(Thread::start);
        for (Thread attacker : attackers) {
            attacker.join();
        }
    }

    private void runHonestly() {
        try {
            while (over.getCount() > 0) {
                honestTimes.add(host.runHonestly());
            }
        } catch (RuntimeException | Error failure) {
            problems.add("an honest process failed: " + failure);
        }
    }

    /** Waits until the honest sandbox has the only machine. */
    private void awaitIdle() {
        await().atMost(SETTLING).untilAsserted(() -> {
            PoolStatus pool = host.pool();
            assertThat(pool.starting() + pool.ending() + pool.waiting()).isZero();
            assertThat(pool.active()).isEqualTo(1);
        });
    }

    private HostNumbers numbers() throws IOException {
        return HostNumbers.now(directory, List.of(directory));
    }
}

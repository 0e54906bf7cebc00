package io.neurovisor.tests.hostile.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.LatencyLine;
import io.neurovisor.tests.fixtures.LoggedLines;
import io.neurovisor.tests.fixtures.TestMachines;
import io.neurovisor.tests.runner.Alone;
import io.neurovisor.tests.runner.Extent;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Makes every attack once, several at a time, on a host that also runs honest programs in real machines. Each attack must end as
 * documented, every honest program must be served, and the resources of the host must be as before at the end. The system property
 * {@code neurovisor.test.minutes} sets the duration; {@code neurovisor.test.seed} repeats the order and the mixtures of a run.
 */
@Tag("hostile")
@Alone
@ShortTier
final class HostileAgentIT {
    private static final int ATTACKERS = 16;
    private static final int MIXTURES = 20;
    private static final int WARM_UP = 10;
    private static final long MEBIBYTE = 1 << 20;

    /** The limit for all concurrent attacks. */
    private static final long MOST_HEAP_MEBIBYTES = 128;

    private static final long MOST_DIRECT_MEBIBYTES = 128;

    /** Far more than a program needs on an emulated processor shared with all attackers. */
    private static final Duration HONEST_LIMIT = Duration.ofSeconds(60);

    private static final Duration SETTLING = Duration.ofSeconds(60);

    /** Attacks with a longer limit are not in the short tier. */
    private static final Duration SOON = Duration.ofSeconds(30);

    private final long seed = Long.getLong("neurovisor.test.seed", new Random().nextInt(1_000_000));
    private final Duration duration = Duration.ofMinutes(Long.getLong("neurovisor.test.minutes", 0));
    private final Queue<String> problems = new ConcurrentLinkedQueue<>();
    private final Queue<Duration> honestTimes = new ConcurrentLinkedQueue<>();
    private final CountDownLatch over = new CountDownLatch(1);

    @TempDir
    Path directory;

    private LoggedLines logged;
    private TestMachines machines;
    private AttackedHost host;

    @BeforeEach
    void open() throws IOException {
        CommandLineRun template = CommandLineRun.of("run", "--size", "small", "-l", "bash", "-c", "echo ok");
        assertThat(template.stdout()).as(template.stderr()).isEqualTo("ok\n");
        logged = LoggedLines.listen();
        machines = new TestMachines(directory);
        host = new AttackedHost(machines, Files.createDirectory(directory.resolve("guests")), ATTACKERS + 3);
    }

    @AfterEach
    void close() {
        host.close();
        machines.close();
        logged.close();
    }

    @Test
    void leavesTheHostAsItWas() throws Exception {
        attackFrom(new ConcurrentLinkedQueue<>(everything(new Random(0)).subList(0, WARM_UP)));
        Duration _ = host.runHonestly();
        awaitIdle();
        HostNumbers before = numbers();
        System.out.printf("hostile agent: seed %d%nhostile agent: before %s%n", seed, before);

        PeakNumbers peak = PeakNumbers.start();
        Thread honest = Thread.ofPlatform().name("honest").start(this::runHonestly);
        int attacks = attack();
        over.countDown();
        honest.join();
        peak.stop();
        awaitIdle();
        System.out.printf("hostile agent: %d attacks, %s; peak %s%n", attacks, host.traffic(), peak);
        System.out.printf("hostile agent: honest programs %s%n", LatencyLine.of(honestTimes));

        assertThat(String.join("\n", problems)).isEmpty();
        assertThat(logged.lines()).isEmpty();
        assertThat(honestTimes).isNotEmpty().allMatch(time -> time.compareTo(HONEST_LIMIT) < 0);
        assertThat(peak.heapBytes() - before.heapBytes()).isLessThan(MOST_HEAP_MEBIBYTES * MEBIBYTE);
        assertThat(peak.directBytes() - before.directBytes()).isLessThan(MOST_DIRECT_MEBIBYTES * MEBIBYTE);
        await().atMost(SETTLING).untilAsserted(() -> assertAsBefore(before));
        System.out.printf("hostile agent: after %s%n", numbers());
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
        // The journal of the spawner has a line for each machine.
        assertThat(after.fileBytes() - before.fileBytes()).as(shown).isLessThan(MEBIBYTE / 16);
        assertThat(after.processes()).as(shown).isEqualTo(before.processes());
    }

    /** Makes the attacks and returns their number. */
    private int attack() throws InterruptedException {
        Random random = new Random(seed);
        Deadline end = Deadline.after(duration, Ticker.SYSTEM);
        int attacks = 0;
        do {
            List<Attack> round = everything(random);
            attacks += round.size();
            attackFrom(new ConcurrentLinkedQueue<>(round));
        } while (!end.remaining().isZero() && problems.isEmpty());
        return attacks;
    }

    /** Returns the named attacks, the long ones first, and mixtures. The short tier makes every fourth of the short attacks. */
    private static List<Attack> everything(Random random) {
        List<Attack> all = Attacks.all().stream()
                .filter(attack -> Extent.isLong() || attack.limit().compareTo(SOON) <= 0)
                .toList();
        List<Attack> attacks = IntStream.range(0, all.size())
                .filter(number -> Extent.isLong() || number % 4 == 0)
                .mapToObj(all::get)
                .collect(Collectors.toCollection(ArrayList::new));
        for (int i = 0; i < MIXTURES; i++) {
            attacks.add(MixedAttack.of(random.nextInt(1_000_000)));
        }
        Collections.shuffle(attacks, random);
        attacks.sort((one, other) -> other.limit().compareTo(one.limit()));
        return attacks;
    }

    private void attackFrom(Queue<Attack> attacks) throws InterruptedException {
        List<Thread> attackers = Stream.generate(() -> Thread.ofVirtual().unstarted(() -> {
                    for (Attack attack = attacks.poll(); attack != null; attack = attacks.poll()) {
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
            problems.add("an honest program failed: " + failure);
        }
    }

    private void awaitIdle() {
        await().atMost(SETTLING).untilAsserted(() -> {
            PoolStatus pool = host.pool();
            assertThat(pool.active() + pool.starting() + pool.ending() + pool.waiting())
                    .isZero();
            assertThat(pool.warm()).isEqualTo(1);
        });
    }

    private HostNumbers numbers() throws IOException {
        return HostNumbers.now(directory, List.of(directory));
    }
}

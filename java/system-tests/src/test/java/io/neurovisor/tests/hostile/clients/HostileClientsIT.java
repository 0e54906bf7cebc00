package io.neurovisor.tests.hostile.clients;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.neurovisor.tests.runner.Alone;
import io.neurovisor.tests.runner.Extent;
import io.neurovisor.tests.runner.ShortTier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Makes the client attacks on a running daemon with warm machines, one after the other. During each attack, an honest client with a
 * key and one at the Unix socket must be served within a second. After each attack, heap, descriptors, threads and files of the
 * daemon must be as before the first one. The short tier makes some of the attacks, on one daemon. The system property
 * {@code neurovisor.hostile.clients.report} names a file for the table of results.
 */
@Tag("hostile")
@Alone
@ShortTier
final class HostileClientsIT {
    /** The time for closing connections, destroying machines and ending idle threads. */
    private static final Duration SETTLING = Duration.ofMinutes(2);

    private static final Duration LOOK = Duration.ofMillis(200);

    private static final List<ClientAttack> WITHSTOOD = new ArrayList<>();

    @TempDir
    @SuppressWarnings("NullAway.Init") // Set before the first test.
    private static Path directory;

    private static @Nullable RehearsedDaemon attacked;

    static Stream<ClientAttack> attacks() {
        return ClientAttack.all().stream().filter(attack -> Extent.isLong() || attack.isShort());
    }

    @AfterAll
    static void close() throws Exception {
        if (attacked != null) {
            attacked.daemon().close();
        }
        String report = System.getProperty("neurovisor.hostile.clients.report", "");
        if (!report.isEmpty()) {
            Files.write(Path.of(report), HostileClientsReport.table(attacks().toList(), WITHSTOOD));
        }
    }

    @ParameterizedTest
    @MethodSource("attacks")
    void keepsServingHonestClients(ClientAttack attack) throws Exception {
        RehearsedDaemon target = target(attack);
        long beganNanos = System.nanoTime();
        HonestClients.Times honest;
        try (Attacker attacker = new Attacker(target.daemon())) {
            attack.script().run(attacker);
            honest = target.serveHonestClients();
        }
        Duration time = Duration.ofNanos(System.nanoTime() - beganNanos);
        List<String> objections = awaitNumbers(target);
        objections.addAll(honest.objections(target.limit()));
        System.out.printf("hostile clients: %s in %d ms; honest clients: %s%n", attack, time.toMillis(), honest);
        assertThat(objections).as("%s: %s", attack, attack.title()).isEmpty();
        WITHSTOOD.add(attack);
    }

    /** Returns the resources that are still above their initial value after the settling time. */
    private static List<String> awaitNumbers(RehearsedDaemon target) {
        List<String> objections = new ArrayList<>();
        await().pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(LOOK)
                .atMost(SETTLING)
                .untilAsserted(() -> {
                    target.daemon().awaitRest();
                    assertThat(target.daemon().numbers().objections(target.before()))
                            .isEmpty();
                });
        return objections;
    }

    /** Returns the daemon of the previous attack, or a new one. */
    private static RehearsedDaemon target(ClientAttack attack) throws Exception {
        RehearsedDaemon last = attacked;
        if (last == null || last.isEncrypted() != attack.isEncrypted()) {
            if (last != null) {
                last.daemon().close();
            }
            attacked = RehearsedDaemon.start(directory, attack.isEncrypted());
        }
        return requireNonNull(attacked, "a daemon was started");
    }
}

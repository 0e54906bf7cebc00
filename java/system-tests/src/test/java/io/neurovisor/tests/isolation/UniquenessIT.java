package io.neurovisor.tests.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.runner.Alone;
import io.neurovisor.tests.runner.Extent;
import io.neurovisor.tests.runner.ShortTier;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tests that clones of one template share no unique state. */
@Alone
@ShortTier
final class UniquenessIT {
    private static final int RUNS = Extent.isLong() ? 20 : 6;

    /** More concurrent machines would exceed the time limit of a start. */
    private static final int AT_A_TIME = 8;

    private static final String PROGRAM = """
            import os, random, socket, time, uuid
            import numpy
            print("time", time.time())
            print("uuid", uuid.uuid4())
            print("kernel-uuid", open("/proc/sys/kernel/random/uuid").read().strip())
            print("boot-id", open("/proc/sys/kernel/random/boot_id").read().strip())
            print("machine-id", open("/etc/machine-id").read().strip())
            print("urandom", os.urandom(16).hex())
            print("random", random.getrandbits(128))
            print("numpy", numpy.random.default_rng().integers(2**62))
            print("numpy-legacy", numpy.random.randint(2**62))
            print("hostname", socket.gethostname())
            print("left-over", os.path.exists("/tmp/left-over") or os.path.exists("left-over"))
            open("/tmp/left-over", "w").write("x")
            open("left-over", "w").write("x")
            """;

    @Test
    void runsShareNoState() {
        double before = InstantSource.system().millis() / 1000.0;
        List<CommandLineRun> runs;
        try (ExecutorService several = Executors.newFixedThreadPool(AT_A_TIME)) {
            List<CompletableFuture<CommandLineRun>> started = IntStream.range(0, RUNS)
                    .mapToObj(run -> CompletableFuture.supplyAsync(UniquenessIT::run, several))
                    .toList();
            runs = started.stream().map(CompletableFuture::join).toList();
        }

        assertThat(runs).allSatisfy(run -> {
            assertThat(run.exitCode()).as(run.stderr()).isZero();
            assertThat(run.stdout()).contains("left-over False");
        });
        double after = InstantSource.system().millis() / 1000.0;
        assertThat(runs.stream().map(run -> Double.valueOf(value(run, "time"))))
                .as("guest clocks, in seconds")
                .allSatisfy(time -> assertThat(time).isBetween(before - 1, after + 1));
        for (String key : List.of(
                "uuid",
                "kernel-uuid",
                "boot-id",
                "machine-id",
                "urandom",
                "random",
                "numpy",
                "numpy-legacy",
                "hostname")) {
            assertThat(runs.stream().map(run -> value(run, key)))
                    .as(key)
                    .doesNotHaveDuplicates()
                    .hasSize(RUNS);
        }
    }

    private static CommandLineRun run() {
        return CommandLineRun.of("run", "-l", "python", "--timeout", "600", "-c", PROGRAM);
    }

    @Test
    void guestClockMatchesTheHost() {
        long before = InstantSource.system().millis();
        CommandLineRun run = CommandLineRun.of("run", "-l", "bash", "-c", "date +%s%3N");
        long after = InstantSource.system().millis();
        assertThat(Long.parseLong(run.stdout().strip()))
                .isBetween(
                        before - Duration.ofSeconds(1).toMillis(),
                        after + Duration.ofSeconds(1).toMillis());
    }

    private static String value(CommandLineRun run, String key) {
        return run.stdout()
                .lines()
                .filter(line -> line.startsWith(key + " "))
                .map(line -> line.substring(key.length() + 1))
                .findFirst()
                .orElseThrow();
    }
}

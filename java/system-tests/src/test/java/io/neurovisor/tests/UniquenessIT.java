package io.neurovisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Clones of one template share nothing that ought to be unique. */
@Alone
@ShortTier
final class UniquenessIT {
    private static final int RUNS = 20;

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
    void twentyRunsAtOnceShareNothing() {
        double before = InstantSource.system().millis() / 1000.0;
        List<Process> processes = IntStream.range(0, RUNS)
                .mapToObj(run -> CommandLineRun.start(
                        Map.of("NEUROVISOR_ACQUIRE_TIMEOUT", "10m"),
                        "run",
                        "-l",
                        "python",
                        "--timeout",
                        "600",
                        "-c",
                        PROGRAM))
                .toList();
        List<CommandLineRun> runs =
                processes.parallelStream().map(CommandLineRun::await).toList();

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

    @Test
    void guestClockIsTheHostsWithinASecond() {
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

package io.neurovisor.tests.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.journal.BeginResult;
import io.neurovisor.server.journal.ExecutionJournal;
import io.neurovisor.server.journal.ExecutionKey;
import io.neurovisor.session.SessionId;
import io.neurovisor.session.SessionOwner;
import io.neurovisor.session.SessionRecorder;
import io.neurovisor.session.Sessions;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.RunningVm;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the life of a data directory: filled, in use, cleaned up, removed. A single test, because filling it takes long. */
@ShortTier
final class GcIT {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    @TempDir
    private Path parent;

    @SuppressWarnings("NullAway.Init") // Each test makes its own.
    private Path data;

    @Test
    void removesOnlyUnusedArtifacts() throws Exception {
        data = DataDirectories.with(
                parent, "initrds", "kernels", "probes.properties", "images/base*", "images/full*", "templates/[!.]*");
        Path superseded = Files.createDirectories(data.resolve("images/base-superseded"));
        Path staged = Files.createDirectories(data.resolve("templates/.0123456789abcdef~building-1-00000000"));
        beginLongAgo(data.resolve("journal"));
        SessionId old = talkedLongAgo(data.resolve("sessions"), 40);
        SessionId young = talkedLongAgo(data.resolve("sessions"), 20);
        RunningVm running = RunningVm.start("--data-dir", data.toString(), "--size", "small");
        try {
            assertThat(neurovisor("gc", "--dry-run").stdout())
                    .contains(
                            "would remove " + superseded,
                            "would remove " + staged,
                            "would remove " + data.resolve("journal") + " (",
                            "would remove session " + old)
                    .doesNotContain(young.toString());
            assertThat(superseded).exists();

            CommandLineRun gc = neurovisor("gc", "--cache-max", "1M");
            assertThat(gc.exitCode()).as(gc.stderr()).isZero();
            assertThat(gc.stdout())
                    .contains(
                            "removed " + superseded + " (",
                            "removed " + staged + " (",
                            "1 execution with an idempotency key, whose output can no longer be requested",
                            "removed session " + old);
            assertThat(CommandLineRun.of("sessions", "list", "--data-dir", data.toString())
                            .stdout())
                    .contains(young.toString())
                    .doesNotContain(old.toString());
            assertThat(superseded).doesNotExist();
            assertThat(staged).doesNotExist();
            assertThat(artifacts("templates")).as("in use").hasSize(1);
            assertThat(artifacts("images")).as("in use").hasSize(1);

            CommandLineRun refused = neurovisor("uninstall", "--yes");
            assertThat(refused.exitCode()).isEqualTo(125);
            assertThat(refused.stderr()).contains("is in use by process ");
        } finally {
            running.neurovisor().destroyForcibly().waitFor();
        }
        running.assertGoneWithin(LIMIT);

        assertThat(artifacts("templates")).hasSize(1);
        assertThat(neurovisor("gc").stdout()).isEqualTo("nothing to remove\n");
        assertThat(neurovisor("gc", "--sessions-max-age", "10d").stdout()).contains("removed session " + young);
        assertThat(neurovisor("gc", "--cache-max", "1M").stdout()).contains("over the limit of 1M");
        assertThat(artifacts("templates")).isEmpty();
        assertThat(artifacts("images")).isEmpty();

        CommandLineRun unasked = neurovisor("uninstall");
        assertThat(unasked.exitCode()).isEqualTo(2);
        assertThat(unasked.stdout()).contains(data.toString());
        assertThat(unasked.stderr()).contains("--yes");
        assertThat(data).isDirectory();
        assertThat(neurovisor("uninstall", "--yes").exitCode()).isZero();
        assertThat(data).doesNotExist();
    }

    /** Records an execution without an end. */
    private static void beginLongAgo(Path directory) {
        Instant then = InstantSource.system().instant().minus(Duration.ofDays(2));
        try (ExecutionJournal journal = ExecutionJournal.open(directory, InstantSource.fixed(then))) {
            assertThat(journal.begin(new ExecutionKey("loopback", "k"), "d")).isInstanceOf(BeginResult.First.class);
        }
    }

    private static SessionId talkedLongAgo(Path directory, int days) {
        Instant then = InstantSource.system().instant().minus(Duration.ofDays(days));
        AgentTask task = new AgentTask(new TraceId(UUID.randomUUID()), "Say something");
        try (Sessions sessions = Sessions.open(directory, InstantSource.fixed(then), Ticker.SYSTEM);
                SessionRecorder recorder = sessions.record(SessionOwner.ofThisProcess(), Optional.empty(), task, "m")) {
            return recorder.session();
        }
    }

    private CommandLineRun neurovisor(String command, String... more) {
        return CommandLineRun.of(Stream.concat(Stream.of(command, "--data-dir", data.toString()), Stream.of(more))
                .toArray(String[]::new));
    }

    private List<Path> artifacts(String store) throws IOException {
        try (Stream<Path> entries = Files.list(data.resolve(store))) {
            return entries.filter(entry -> entry.toString().endsWith(".current"))
                    .toList();
        }
    }
}

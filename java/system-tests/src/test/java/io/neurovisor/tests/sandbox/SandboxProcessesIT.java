package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.sandbox.SandboxClient;
import io.neurovisor.server.client.sandbox.SandboxRequest;
import io.neurovisor.server.client.sandbox.SandboxView;
import io.neurovisor.testkit.GuestProcessesContract;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The processes of real sandboxes, by the client, the daemon and the guest agent. */
@SuppressWarnings("NullAway.Init") // Set before the first test.
final class SandboxProcessesIT extends GuestProcessesContract {
    private static final int KEPT_BYTES = 256 << 10;

    @TempDir
    private static Path directory;

    private static RunningDaemon daemon;
    private static SandboxClient client;

    private SandboxView sandbox;

    @BeforeAll
    static void startDaemon() {
        daemon = RunningDaemon.start(directory, "--warm=1", "--max=4", "--size=small", "--acquire-timeout=2m");
        client = connect();
    }

    private static SandboxClient connect() {
        return SandboxClient.connect(directory.resolve("daemon.sock"), Optional.empty());
    }

    @AfterAll
    static void stopDaemon() {
        if (client != null) {
            client.close();
        }
        if (daemon != null) {
            daemon.close();
        }
    }

    @BeforeEach
    void create() {
        sandbox = client.create(new SandboxRequest(
                Optional.empty(),
                Optional.empty(),
                Optional.of(Duration.ofHours(1)),
                Map.of(),
                Map.of(),
                Optional.empty(),
                Optional.empty()));
    }

    @AfterEach
    void kill() {
        if (sandbox != null) {
            assertThat(client.kill(sandbox.id())).isTrue();
        }
    }

    @Override
    protected GuestProcesses processes() {
        return client.processes(sandbox.id());
    }

    /** The streams of a sandbox share a connection to its guest. Ten that no client reads leave it to the others. */
    @Test
    void streamsThatAreNotReadDoNotHoldUpAnother() {
        Duration alone = timeToRead(4 * KEPT_BYTES);
        List<ProcessEvents> unread = new ArrayList<>();
        try (SandboxClient stopped = connect()) {
            GuestProcesses processes = stopped.processes(sandbox.id());
            for (int i = 0; i < 10; i++) {
                unread.add(processes.start(zeros(4 * KEPT_BYTES), soon()));
            }
            awaitKeptOutput(unread.size());
            Duration beside = timeToRead(4 * KEPT_BYTES);
            assertThat(beside).isLessThan(alone.multipliedBy(10).plusSeconds(1));
        } finally {
            unread.forEach(ProcessEvents::close);
        }
    }

    private Duration timeToRead(int bytes) {
        long start = Ticker.SYSTEM.nanos();
        try (ProcessEvents events = processes().start(zeros(bytes), soon())) {
            int read = 0;
            for (Optional<ProcessEvent> next = events.next(); next.isPresent(); next = events.next()) {
                if (next.get() instanceof ProcessEvent.Output output) {
                    read += output.data().remaining();
                }
            }
            assertThat(read).isEqualTo(bytes);
        }
        return Duration.ofNanos(Ticker.SYSTEM.nanos() - start);
    }

    /** Returns when so many processes have written more than is kept for their readers. */
    private void awaitKeptOutput(int count) {
        while (processes().list(soon()).stream()
                        .filter(info -> info.offsets().stdout() >= KEPT_BYTES)
                        .count()
                < count) {
            Thread.onSpinWait();
        }
    }

    private static ProcessSpec zeros(int bytes) {
        return new ProcessSpec(
                "head",
                List.of("-c", Integer.toString(bytes), "/dev/zero"),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty(),
                false,
                Optional.empty());
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM);
    }
}

package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FileReader;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.process.ProcessEvent;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.sandbox.SandboxClient;
import io.neurovisor.server.client.sandbox.SandboxRequest;
import io.neurovisor.server.client.sandbox.SandboxView;
import io.neurovisor.testkit.GuestFilesContract;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The files of a real sandbox, by the client, the daemon and the guest agent. */
@SuppressWarnings("NullAway.Init") // Set before the first test.
final class SandboxFilesIT extends GuestFilesContract {
    @TempDir
    private static Path directory;

    private static RunningDaemon daemon;
    private static SandboxClient client;
    private static SandboxView sandbox;

    @BeforeAll
    static void start() {
        daemon = RunningDaemon.start(directory, "--warm=1", "--max=2", "--size=small");
        client = SandboxClient.connect(directory.resolve("daemon.sock"), Optional.empty());
        sandbox = client.create(new SandboxRequest(
                Optional.empty(),
                Optional.empty(),
                Optional.of(Duration.ofHours(1)),
                Map.of(),
                Map.of(),
                Optional.empty(),
                Optional.empty()));
    }

    @AfterAll
    static void stop() {
        if (client != null) {
            client.close();
        }
        if (daemon != null) {
            daemon.close();
        }
    }

    /** The kernel of the guest answers, as it would answer the user; the host resolves no path. */
    @ParameterizedTest
    @CsvSource({
        "a/../../../../etc/shadow, FILE_FORBIDDEN",
        "to-etc/shadow, FILE_FORBIDDEN",
        "to-etc/../etc/shadow, FILE_FORBIDDEN",
        "/etc/shadow, FILE_FORBIDDEN",
        "to-shadow, FILE_FORBIDDEN",
        "/proc/self/mem, FILE_UNKNOWN",
        "/proc/kcore, FILE_FORBIDDEN",
        "/dev/zero, FILE_FORBIDDEN",
        "to-zero, FILE_FORBIDDEN",
        "fifo, FILE_FORBIDDEN",
        "to-fifo, FILE_FORBIDDEN",
        "closed/x, FILE_FORBIDDEN",
        "dangling, FILE_UNKNOWN",
        "a/../../../../none, FILE_UNKNOWN",
        "/proc/999999/environ, FILE_UNKNOWN",
    })
    void opensOnlyWhatTheUserMayOpen(String path, Fault fault) {
        run("mkdir -p a closed; ln -sfn /etc to-etc; ln -sf /etc/shadow to-shadow; ln -sf /dev/zero to-zero;"
                + " [ -p fifo ] || mkfifo fifo; ln -sf fifo to-fifo; ln -sf nowhere dangling; chmod 0 closed");
        assertThatThrownBy(() -> {
                    try (FileReader reader = files().read(path, 0, Optional.empty(), soon())) {
                        while (reader.next().isPresent()) {
                            // Until it is refused.
                        }
                    }
                })
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault())
                                .as(failure.getMessage())
                                .isEqualTo(fault));
        assertThat(client.get(sandbox.id()).state()).isEqualTo(sandbox.state());
    }

    private static void run(String script) {
        ProcessSpec spec = new ProcessSpec(
                "bash",
                List.of("-c", script),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty(),
                false,
                Optional.empty());
        Optional<ProcessEvent> last = Optional.empty();
        try (ProcessEvents events = client.processes(sandbox.id()).start(spec, soon())) {
            for (Optional<ProcessEvent> next = events.next(); next.isPresent(); next = events.next()) {
                last = next;
            }
        }
        assertThat(last)
                .hasValueSatisfying(event -> assertThat(event)
                        .isInstanceOfSatisfying(
                                ProcessEvent.Ended.class,
                                ended -> assertThat(ended.end().exitCode()).isZero()));
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM);
    }

    @Override
    protected GuestFiles files() {
        return client.files(sandbox.id());
    }

    @Override
    protected String forbidden() {
        return "/root";
    }

    @Override
    protected long tooMuch() {
        return 2 * sandbox.diskBytes();
    }
}

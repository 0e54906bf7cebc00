package io.neurovisor.tests.sandbox;

import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.server.client.sandbox.SandboxClient;
import io.neurovisor.server.client.sandbox.SandboxRequest;
import io.neurovisor.server.client.sandbox.SandboxView;
import io.neurovisor.testkit.GuestFilesContract;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

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

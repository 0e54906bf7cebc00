package io.neurovisor.tests.sandbox;

import io.neurovisor.engine.interpreter.ContextInfo;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.sandbox.SandboxClient;
import io.neurovisor.server.client.sandbox.SandboxRequest;
import io.neurovisor.testkit.interpreter.GuestInterpreterContract;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The interpreter of a real sandbox, by the client, the daemon, the guest agent and its driver. */
@SuppressWarnings("NullAway.Init") // Set before the first test.
final class SandboxInterpreterIT extends GuestInterpreterContract {
    @TempDir
    private static Path directory;

    private static RunningDaemon daemon;
    private static SandboxClient client;
    private static String sandbox;

    @BeforeAll
    static void start() {
        daemon = RunningDaemon.start(directory, "--warm=1", "--max=2");
        client = SandboxClient.connect(directory.resolve("daemon.sock"), Optional.empty());
        sandbox = client.create(new SandboxRequest(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(Duration.ofHours(1)),
                        Map.of(),
                        Map.of(),
                        Optional.empty(),
                        Optional.empty()))
                .id();
    }

    @AfterEach
    void removeContexts() {
        Deadline limit = Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM);
        for (ContextInfo context : interpreter().list(limit).contexts()) {
            interpreter().remove(context.id(), limit);
        }
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
    protected GuestInterpreter interpreter() {
        return client.interpreter(sandbox);
    }
}

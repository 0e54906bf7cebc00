package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.cli.Main;
import io.neurovisor.cli.run.Launch;
import io.neurovisor.engine.interpreter.CellEvents;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.sandbox.SandboxClient;
import io.neurovisor.server.client.sandbox.SandboxRequest;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs each cell of the table in a sandbox by gRPC, and in another one by the command line. Those of languages that image {@code base}
 * does not have run in others.
 */
@SuppressWarnings("NullAway.Init") // Set before the first test.
final class CellTableIT {
    private static final Set<String> OF_FULL_IMAGE = Set.of("r", "java", "kernel:ir");

    @TempDir
    private static Path directory;

    private static RunningDaemon daemon;
    private static SandboxClient client;

    @BeforeAll
    static void start() {
        daemon = RunningDaemon.start(directory, "--warm=1", "--max=5", "--max-sandboxes=4");
        client = SandboxClient.connect(directory.resolve("daemon.sock"), Optional.empty());
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

    /** Returns a sandbox for the cells of each language. */
    private static Function<CellTable.Row, String> sandboxes() {
        String base = sandbox(Optional.empty());
        String full = sandbox(Optional.of("interpreter-full"));
        return row -> OF_FULL_IMAGE.contains(row.language()) ? full : base;
    }

    private static String sandbox(Optional<String> template) {
        return client.create(new SandboxRequest(
                        template,
                        Optional.empty(),
                        Optional.of(Duration.ofHours(1)),
                        Map.of(),
                        Map.of(),
                        Optional.empty(),
                        Optional.empty()))
                .id();
    }

    @TestFactory
    List<DynamicTest> byTheService() throws IOException {
        Function<CellTable.Row, String> sandboxes = sandboxes();
        return CellTable.rows().stream()
                .map(row -> DynamicTest.dynamicTest(row.toString(), () -> {
                    Deadline limit = Deadline.after(Duration.ofMinutes(3), Ticker.SYSTEM);
                    GuestInterpreter interpreter = client.interpreter(sandboxes.apply(row));
                    try (CellEvents events = interpreter.execute(
                            interpreter.shared(row.language(), limit).id(), CellSpec.of(row.code()), limit)) {
                        SentByCell.of(events).check(row);
                    }
                }))
                .toList();
    }

    @TestFactory
    List<DynamicTest> byTheCommandLine() throws IOException {
        Function<CellTable.Row, String> sandboxes = sandboxes();
        return CellTable.rows().stream()
                .map(row -> DynamicTest.dynamicTest(row.toString(), () -> {
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    ByteArrayOutputStream err = new ByteArrayOutputStream();
                    Launch launch = new Launch(
                            new ProcessEnvironment(Map.of(), directory),
                            InputStream.nullInputStream(),
                            out,
                            err,
                            (_, _, _) -> {
                                throw new AssertionError("a machine is asked for");
                            });
                    String[] command = {
                        "sandbox",
                        "run-code",
                        "--socket",
                        directory.resolve("daemon.sock").toString(),
                        "--json",
                        "-l",
                        row.language(),
                        sandboxes.apply(row),
                        "-c",
                        row.code()
                    };
                    int exitCode = Main.commandLine(launch, command).execute(command);
                    String json = out.toString(StandardCharsets.UTF_8);
                    assertThat(json).as("exit code %d, %s", exitCode, err).isNotEmpty();
                    SentByCell sent = SentByCell.of(new ObjectMapper().readTree(json));
                    sent.check(row);
                    assertThat(exitCode).isEqualTo(sent.outcome().equals("OK") ? 0 : 1);
                }))
                .toList();
    }
}

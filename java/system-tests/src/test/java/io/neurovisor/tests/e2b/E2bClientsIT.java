package io.neurovisor.tests.e2b;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** E2B's clients, unmodified, at the versions of setup/e2b. Skipped if {@code ./neurovisor test} could not fetch them. */
@Timeout(900)
@SuppressWarnings("NullAway.Init") // Set before the first test.
final class E2bClientsIT {
    private static final Path HOME = Path.of(System.getProperty("neurovisor.home"));

    /** A file with a line for each client. */
    private static final @Nullable String LIST = System.getenv("NEUROVISOR_TEST_E2B_CLIENTS");

    private static final List<String> STEPS = List.of(
            "create",
            "run",
            "background",
            "stdin",
            "files",
            "watch",
            "pty",
            "pause",
            "connect",
            "snapshot",
            "fork",
            "kill");

    @TempDir
    private static Path directory;

    private static RunningDaemon daemon;
    private static String address;
    private static String key;

    /** A client; {@code program} runs a script with it. */
    record Client(String language, String version, String program) {
        static Client of(String line) {
            String[] parts = line.split(" ", 3);
            return new Client(parts[0], parts[1], parts[2]);
        }

        String script() {
            return HOME.resolve("setup/e2b/steps." + (language.equals("python") ? "py" : "mjs"))
                    .toString();
        }

        @Override
        public String toString() {
            return language + " " + version;
        }
    }

    @BeforeAll
    static void start() {
        assumeTrue(LIST != null, "E2B's clients are not here: ./neurovisor test fetches them");
        Map<String, String> data =
                Map.of("NEUROVISOR_DATA_DIR", DataDirectories.ready(directory).toString());
        key = CommandLineRun.of(data, "keys", "create", "me", "--scopes", "sandbox,execute", "--e2b")
                .stdout()
                .strip();
        daemon = RunningDaemon.start(
                directory, data, "--warm=1", "--max=8", "--size=small", "--rate-limit=off", "--http-port=0");
        address = daemon.httpAddress();
    }

    @AfterAll
    static void stop() {
        if (daemon != null) {
            daemon.close();
        }
    }

    static Stream<Client> clients() throws IOException {
        return Files.readAllLines(Path.of(requireNonNull(LIST))).stream().map(Client::of);
    }

    @ParameterizedTest
    @MethodSource("clients")
    void everyStepSucceeds(Client client) {
        HostCommand.Result run = HostCommand.run(List.of(
                "env",
                "E2B_API_KEY=" + key,
                "E2B_API_URL=" + address,
                "E2B_SANDBOX_URL=" + address,
                client.program(),
                client.script()));
        assertThat(run.stdout().lines())
                .as(run.stderr())
                .containsExactlyElementsOf(STEPS.stream().map("ok "::concat).toList());
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void theDocumentNamesTheVersions() throws IOException {
        String page = Files.readString(HOME.resolve("docs/e2b.md"));
        assertThat(clients())
                .allSatisfy(client ->
                        assertThat(page).contains("| %s | %s |".formatted(client.language(), client.version())));
    }
}

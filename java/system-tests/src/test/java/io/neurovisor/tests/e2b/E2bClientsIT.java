package io.neurovisor.tests.e2b;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** E2B's clients, unmodified, at the versions of setup/e2b, which the script of that name installs. */
@Timeout(900)
@SuppressWarnings("NullAway.Init") // Set before the first test.
final class E2bClientsIT {
    @TempDir
    private static Path directory;

    private static RunningDaemon daemon;
    private static String address;
    private static String key;

    @BeforeAll
    static void start() throws IOException {
        assumeTrue(clients().findAny().isPresent());
        Map<String, String> data =
                Map.of("NEUROVISOR_DATA_DIR", DataDirectories.ready(directory).toString());
        key = E2bClient.key(data);
        // The program of the document leaves its copies running.
        daemon = RunningDaemon.start(
                directory,
                data,
                "--warm=1",
                "--max=10",
                "--max-sandboxes=10",
                "--size=small",
                "--rate-limit=off",
                "--http-port=0");
        address = daemon.httpAddress();
    }

    @AfterAll
    static void stop() {
        if (daemon != null) {
            daemon.close();
        }
    }

    static Stream<E2bClient> clients() throws IOException {
        return E2bClient.thatFindBy("urls");
    }

    private static Map<String, String> variables() {
        return Map.of("E2B_API_KEY", key, "E2B_API_URL", address, "E2B_SANDBOX_URL", address);
    }

    /** In the short tier the newest clients are there alone. */
    @ShortTier
    @ParameterizedTest
    @MethodSource("clients")
    void everyStepSucceeds(E2bClient client) {
        HostCommand.Result run = client.steps(variables());
        assertThat(run.stdout().lines())
                .as(run.stderr())
                .containsExactlyElementsOf(
                        E2bClient.STEPS.stream().map("ok "::concat).toList());
        assertThat(run.exitCode()).isZero();
    }

    static Stream<E2bClient> newestClients() throws IOException {
        return clients()
                .collect(Collectors.toMap(E2bClient::language, client -> client, (_, newer) -> newer))
                .values()
                .stream();
    }

    @ParameterizedTest
    @MethodSource("newestClients")
    void theDocumentIsAsPrinted(E2bClient client, @TempDir Path program) throws IOException {
        HostCommand.Result run = client.page(variables(), program);
        assertThat(run.stdout())
                .as(run.stderr())
                .isEqualTo(client.isPython() ? "42\n\n['41', '41']\n41\n" : "42\n\n41\n41\n41\n");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void theDocumentNamesTheVersions() throws IOException {
        String page = Files.readString(Path.of(System.getProperty("neurovisor.home"), "docs/e2b.md"));
        assertThat(clients()).allSatisfy(client -> assertThat(page).contains(client.row("two URLs | all")));
    }
}

package io.neurovisor.tests.e2b;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.RealClient;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests that schemathesis derives from E2B's public specification, valid and not, to a real daemon. */
@Timeout(1800)
final class E2bSpecificationIT {
    /** Those of the specification that the control plane serves. */
    private static final List<String> OPERATIONS = List.of(
            "GET /sandboxes",
            "POST /sandboxes",
            "GET /v2/sandboxes",
            "GET /sandboxes/{sandboxID}",
            "DELETE /sandboxes/{sandboxID}",
            "GET /sandboxes/{sandboxID}/metrics",
            "POST /sandboxes/{sandboxID}/pause",
            "POST /sandboxes/{sandboxID}/resume",
            "POST /sandboxes/{sandboxID}/fork",
            "POST /sandboxes/{sandboxID}/connect",
            "POST /sandboxes/{sandboxID}/timeout",
            "PUT /sandboxes/{sandboxID}/network",
            "POST /sandboxes/{sandboxID}/snapshots",
            "GET /snapshots",
            "DELETE /templates/{templateID}");

    @TempDir
    private Path directory;

    @Test
    void noRequestIsAFailureOfTheServer() {
        RealClient schemathesis = RealClient.schemathesis();
        Path hooks = Path.of(System.getProperty("neurovisor.home"), "setup/e2b/hooks.py");
        Path specification = Path.of(System.getenv("NEUROVISOR_TEST_E2B_SPECIFICATION"));
        Map<String, String> data =
                Map.of("NEUROVISOR_DATA_DIR", DataDirectories.ready(directory).toString());
        String key = E2bClient.key(data);
        try (RunningDaemon daemon = RunningDaemon.start(
                directory,
                data,
                "--warm=1",
                "--max=4",
                "--max-sandboxes=3",
                "--size=small",
                "--rate-limit=off",
                "--http-port=0")) {
            Map<String, String> variables = Map.of(
                    "SCHEMATHESIS_HOOKS", hooks.toString(), "E2B_API_URL", daemon.httpAddress(), "E2B_API_KEY", key);
            List<String> arguments = new ArrayList<>(List.of(
                    "run",
                    specification.toString(),
                    "--url=" + daemon.httpAddress(),
                    "--header=X-API-KEY: " + key,
                    "--checks=not_a_server_error",
                    "--phases=coverage,fuzzing",
                    "--max-examples=10",
                    "--seed=1",
                    "--request-timeout=120",
                    "--continue-on-failure",
                    "--generation-database=none",
                    "--no-color"));
            OPERATIONS.forEach(operation -> arguments.add("--include-name=" + operation));
            HostCommand.Result run = schemathesis.run(directory, variables, arguments.toArray(String[]::new));
            assertThat(run.stdout())
                    .as(run.stderr())
                    .contains("Tested: " + OPERATIONS.size())
                    .contains(" generated, ");
            assertThat(run.exitCode()).as(run.stdout()).isZero();
            assertThat(Path.of(".schemathesis")).as("what it keeps").doesNotExist();
        }
    }
}

package io.neurovisor.tests.e2b;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.tests.e2b.OracleAnswer.Difference;
import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same requests to E2B's own envd and to a sandbox of a real daemon: what is answered is equal but for the listed differences.
 * Skipped if {@code ./neurovisor test} could not build envd.
 */
@Timeout(900)
final class E2bOracleIT {
    private static final Path HOME = Path.of(System.getProperty("neurovisor.home"));

    @TempDir
    private Path directory;

    @Test
    void eachAnswerIsThatOfEnvdButForTheListedDifferences() throws IOException, InterruptedException {
        List<OracleRequest> requests = OracleRequest.read(HOME);
        Map<String, OracleAnswer> theirs;
        try (RealEnvd envd = RealEnvd.start(HOME, directory);
                OracleSide side = new OracleSide(envd.address(), RealEnvd.TOKEN, Map.of())) {
            theirs = side.answers(requests);
        }
        Map<String, OracleAnswer> ours = ours(requests);
        List<Difference> found = requests.stream()
                .map(OracleRequest::name)
                .flatMap(name ->
                        requireNonNull(theirs.get(name)).differences(name, requireNonNull(ours.get(name))).stream())
                .toList();
        ListedDifferences listed = ListedDifferences.read(HOME);
        System.out.printf(
                "test: %d requests to E2B's envd and to a sandbox: %d listed differences%n",
                requests.size(), listed.entries().size());
        assertThat(listed.missing(found).stream()
                        .map(difference -> "\n"
                                + String.join(
                                        "\t",
                                        difference.request(),
                                        difference.field(),
                                        difference.theirs(),
                                        difference.ours()))
                        .collect(Collectors.joining()))
                .as("differ and are not in " + ListedDifferences.FILE)
                .isEmpty();
        assertThat(listed.mended(found))
                .as("are in " + ListedDifferences.FILE + " and do not differ so")
                .isEmpty();
        assertThat(Files.readString(HOME.resolve("docs/e2b.md")))
                .contains(
                        "%d requests".formatted(requests.size()),
                        "%d differences".formatted(listed.entries().size()));
    }

    private Map<String, OracleAnswer> ours(List<OracleRequest> requests) throws IOException, InterruptedException {
        Map<String, String> data =
                Map.of("NEUROVISOR_DATA_DIR", DataDirectories.ready(directory).toString());
        String key = E2bClient.key(data);
        try (RunningDaemon daemon = RunningDaemon.start(
                        directory, data, "--warm=1", "--max=2", "--size=small", "--rate-limit=off", "--http-port=0");
                HttpClient client = HttpClient.newHttpClient()) {
            JsonNode sandbox = new ObjectMapper()
                    .readTree(client.send(
                                    HttpRequest.newBuilder(URI.create(daemon.httpAddress() + "/sandboxes"))
                                            .header("X-API-KEY", key)
                                            .POST(BodyPublishers.ofString("{\"templateID\":\"base\",\"timeout\":900}"))
                                            .build(),
                                    BodyHandlers.ofString())
                            .body());
            Map<String, String> headers =
                    Map.of("e2b-sandbox-id", sandbox.path("sandboxID").asText(), "e2b-sandbox-port", "49983");
            try (OracleSide side = new OracleSide(
                    daemon.httpAddress(), sandbox.path("envdAccessToken").asText(), headers)) {
                return side.answers(requests);
            }
        }
    }
}

package io.neurovisor.tests.e2b;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** E2B's own envd in its own namespaces on this host, as setup/e2b/oracle/envd.py runs it. {@link #close} ends all its processes. */
record RealEnvd(Process process, String address) implements AutoCloseable {
    static final String TOKEN = "the-token-of-envd";

    private static final int NO_CONTENT = 204;

    /** Skips the test if {@code ./neurovisor test} could not build it. */
    static RealEnvd start(Path home, Path directory) throws IOException, InterruptedException {
        @Nullable String program = System.getenv("NEUROVISOR_TEST_E2B_ENVD");
        assumeTrue(program != null, "E2B's envd is not here: ./neurovisor test builds it");
        Path files = Files.createDirectory(directory.resolve("home"));
        Process process = new ProcessBuilder(List.of(
                        "python3",
                        home.resolve("setup/e2b/oracle/envd.py").toString(),
                        String.valueOf(program),
                        files.toString()))
                .redirectError(directory.resolve("envd.log").toFile())
                .start();
        RealEnvd envd =
                new RealEnvd(process, String.valueOf(process.inputReader().readLine()));
        envd.initialise();
        return envd;
    }

    /** What E2B's orchestrator does when it has started a machine. */
    private void initialise() throws IOException, InterruptedException {
        String settings = "{\"accessToken\":\"%s\",\"defaultUser\":\"user\"}".formatted(TOKEN);
        try (HttpClient client = HttpClient.newHttpClient()) {
            assertThat(client.send(
                                    HttpRequest.newBuilder(URI.create(address + "/init"))
                                            .POST(HttpRequest.BodyPublishers.ofString(settings))
                                            .build(),
                                    BodyHandlers.discarding())
                            .statusCode())
                    .isEqualTo(NO_CONTENT);
        }
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        try {
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
    }
}

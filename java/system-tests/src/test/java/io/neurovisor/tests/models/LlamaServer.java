package io.neurovisor.tests.models;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.agent.provider.ModelChoice;
import io.neurovisor.agent.provider.ProviderChoice;
import io.neurovisor.agent.provider.VisionChoice;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.JsonOverHttp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A llama-server with a small model, fetched by {@code setup/llm.sh}; one thread, greedy sampling. */
final class LlamaServer implements RealServer, AutoCloseable {
    private static final String MODEL = "qwen2.5-coder-0.5b";

    private final Process process;
    private final int port;

    private LlamaServer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static LlamaServer start(Path directory, Path log) {
        Path libraries = directory.resolve("server/usr/lib/x86_64-linux-gnu");
        Path backends = libraries.resolve("ggml/backends0");
        int port = freePort();
        List<String> command = List.of(
                libraries.resolve("ld-linux-x86-64.so.2").toString(),
                "--library-path",
                libraries + ":" + libraries.resolve("llama") + ":" + backends,
                directory.resolve("server/usr/bin/llama-server").toString(),
                "--jinja",
                "-m",
                directory.resolve("model.gguf").toString(),
                "--alias",
                MODEL,
                "--chat-template-file",
                CommandLineRun.home().resolve("setup/llm/qwen-coder.jinja").toString(),
                "--host",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "-c",
                "4096",
                // Its threads busy-wait for each other: two on two busy cores would be ten times slower.
                "-t",
                "1",
                "-tb",
                "1",
                "-np",
                "1",
                "--temp",
                "0");
        try {
            // It loads the backend for this processor from its working directory.
            Process process = new ProcessBuilder(command)
                    .directory(backends.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            LlamaServer server = new LlamaServer(process, port);
            await().atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> !process.isAlive() || server.isHealthy());
            if (!process.isAlive()) {
                throw new AssertionError("llama-server has ended: " + Files.readString(log));
            }
            return server;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    @Override
    public ModelChoice choice() {
        return new ModelChoice(
                ProviderChoice.OPENAI,
                MODEL,
                false,
                Optional.of(URI.create(address())),
                URI.create("http://localhost:11434"),
                Optional.empty(),
                Optional.empty(),
                VisionChoice.AUTO);
    }

    @Override
    public List<String> arguments() {
        return List.of("--base-url=" + address());
    }

    @Override
    public int promptTokens(String prompt, int contextTokens) throws IOException {
        ObjectNode request = JsonNodeFactory.instance.objectNode().put("max_tokens", 1);
        request.putArray("messages").addObject().put("role", "user").put("content", prompt);
        return JsonOverHttp.post(address() + "/chat/completions", request)
                .at("/usage/prompt_tokens")
                .asInt();
    }

    String address() {
        return "http://127.0.0.1:" + port + "/v1";
    }

    private boolean isHealthy() {
        try {
            return JsonOverHttp.get("http://127.0.0.1:" + port + "/health").has("status");
        } catch (IOException notYet) {
            return false;
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}

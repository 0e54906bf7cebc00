package io.neurovisor.tests;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A real llama-server with a real model, as {@code setup/llm.sh} has fetched them; one thread, greedy. */
final class LlamaServer implements AutoCloseable {
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
                "qwen2.5-coder-0.5b",
                "--chat-template-file",
                CommandLineRun.home().resolve("setup/llm/qwen-coder.jinja").toString(),
                "--host",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "-c",
                "4096",
                // Its threads spin for one another, so that two on two busy cores are a tenth as fast.
                "-t",
                "1",
                "-tb",
                "1",
                "-np",
                "1",
                "--temp",
                "0");
        try {
            // It finds its code for this processor in the directory that it runs in.
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

    String address() {
        return "http://127.0.0.1:" + port + "/v1";
    }

    private boolean isHealthy() {
        try {
            HttpURLConnection connection = (HttpURLConnection)
                    URI.create("http://127.0.0.1:" + port + "/health").toURL().openConnection();
            connection.setConnectTimeout(1000);
            connection.setReadTimeout(1000);
            return connection.getResponseCode() == 200;
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

package io.neurovisor.tests.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.tests.fixtures.RealClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** An OpenTelemetry Collector that writes the received data to files. {@link #close} ends it. */
final class RunningCollector implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory;
    private final int grpcPort = freePort();
    private final int httpPort = freePort();
    private final Path messages;
    private final Process process;

    /** A received span; the parent of a root span is empty. */
    record Span(String trace, String id, String parent, String name, JsonNode json) {}

    private RunningCollector(Path directory) throws IOException {
        this.directory = directory;
        Path config = Files.writeString(directory.resolve("collector.yaml"), """
                receivers:
                  otlp:
                    protocols:
                      grpc: {endpoint: "127.0.0.1:%d"}
                      http: {endpoint: "127.0.0.1:%d"}
                exporters:
                  file/traces: {path: "%s", flush_interval: 100ms}
                  file/logs: {path: "%s", flush_interval: 100ms}
                service:
                  telemetry: {metrics: {level: none}}
                  pipelines:
                    traces: {receivers: [otlp], exporters: [file/traces]}
                    logs: {receivers: [otlp], exporters: [file/logs]}
                """.formatted(
                        grpcPort, httpPort, directory.resolve("traces"), directory.resolve("logs")));
        this.messages = directory.resolve("messages");
        this.process = new ProcessBuilder(RealClient.named("otelcol").command("--config=" + config))
                .redirectErrorStream(true)
                .redirectOutput(messages.toFile())
                .start();
        await().atMost(LIMIT)
                .until(() -> !process.isAlive() || Files.readString(messages).contains("Everything is ready"));
    }

    /** Starts a collector and waits until it accepts OTLP. */
    static RunningCollector start(Path directory) {
        try {
            Files.createDirectories(directory);
            RunningCollector collector = new RunningCollector(directory);
            while (collector.hasLostItsPort()) {
                collector = new RunningCollector(directory);
            }
            assertThat(collector.process.isAlive())
                    .as(Files.readString(collector.messages))
                    .isTrue();
            return collector;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Returns whether another program has taken the chosen port. */
    private boolean hasLostItsPort() throws IOException {
        return !process.isAlive() && Files.readString(messages).contains("address already in use");
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Returns the endpoint for OTLP over gRPC. */
    String grpc() {
        return "http://127.0.0.1:" + grpcPort;
    }

    /** Returns the endpoint for OTLP over HTTP. */
    String http() {
        return "http://127.0.0.1:" + httpPort;
    }

    /** Returns the spans of a trace that have arrived. */
    List<Span> spans(String trace) {
        List<Span> spans = new ArrayList<>();
        arrived("traces")
                .flatMap(line -> all(line.path("resourceSpans")))
                .flatMap(resource -> all(resource.path("scopeSpans")))
                .flatMap(scope -> all(scope.path("spans")))
                .filter(span -> span.path("traceId").asText().equals(trace))
                .map(span -> new Span(
                        trace,
                        span.path("spanId").asText(),
                        span.path("parentSpanId").asText(),
                        span.path("name").asText(),
                        span))
                .forEach(spans::add);
        return spans;
    }

    /** Returns the log records of a trace that have arrived. */
    List<JsonNode> records(String trace) {
        return arrived("logs")
                .flatMap(line -> all(line.path("resourceLogs")))
                .flatMap(resource -> all(resource.path("scopeLogs")))
                .flatMap(scope -> all(scope.path("logRecords")))
                .filter(entry -> entry.path("traceId").asText().equals(trace))
                .toList();
    }

    /** Returns all received data as text. */
    String everything() {
        try {
            return Files.readString(directory.resolve("traces")) + Files.readString(directory.resolve("logs"));
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Returns the complete lines of a file. */
    private Stream<JsonNode> arrived(String file) {
        try {
            String text = Files.readString(directory.resolve(file));
            return text.substring(0, text.lastIndexOf('\n') + 1).lines().map(RunningCollector::parse);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static JsonNode parse(String line) {
        try {
            return JSON.readTree(line);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static Stream<JsonNode> all(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            int _ = process.waitFor();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", exception);
        }
    }
}

package io.neurovisor.tests;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A {@code ./neurovisor} that serves, on ports and a socket of its own. Closing it ends it, whatever it is doing. */
public final class RunningDaemon implements AutoCloseable {
    private static final Pattern SERVES =
            Pattern.compile(".*serves gRPC on [0-9.]+:(\\d+) and (\\S+), .* on ([0-9.]+):(\\d+).*");
    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final Duration END_LIMIT = Duration.ofMinutes(2);
    /** Of the lab, where a machine is emulated by one that is emulated. */
    private static final Duration MACHINE_LIMIT = Duration.ofMinutes(8);

    private final Process process;
    private final List<String> messages = new CopyOnWriteArrayList<>();
    private final ManagedChannel channel;
    private final int port;
    private final String statusHost;
    private final int statusPort;

    private RunningDaemon(Process process) {
        this.process = process;
        Thread.ofPlatform().daemon().start(() -> process.errorReader().lines().forEach(messages::add));
        Optional<Matcher> started = Optional.empty();
        try {
            started = Optional.of(awaitMessage(SERVES, START_LIMIT));
        } finally {
            if (started.isEmpty()) {
                process.destroy();
            }
        }
        Matcher serves = started.get();
        this.port = Integer.parseInt(serves.group(1));
        this.statusHost = serves.group(3);
        this.statusPort = Integer.parseInt(serves.group(4));
        this.channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    }

    /** Serves when this returns; its machines may not be ready yet. */
    public static RunningDaemon start(Path directory, String... options) {
        return start(directory, Map.of(), options);
    }

    public static RunningDaemon start(Path directory, Map<String, String> environment, String... options) {
        return new RunningDaemon(launch(directory, environment, options));
    }

    /** A command of this user's that has its programs run by the daemon which was started with the directory. */
    static CommandLineRun runBy(Path directory, String... arguments) {
        String socket = directory.resolve("daemon.sock").toString();
        return CommandLineRun.of(Map.of("NEUROVISOR_DAEMON", "on", "NEUROVISOR_SOCKET", socket), arguments);
    }

    static Process launch(Path directory, String... options) {
        return launch(directory, Map.of(), options);
    }

    private static Process launch(Path directory, Map<String, String> environment, String... options) {
        List<String> arguments = new ArrayList<>(List.of(options));
        Stream.of("--log-format=text", "--port=0", "--metrics-port=0", "--socket=" + directory.resolve("daemon.sock"))
                .filter(standard -> arguments.stream().noneMatch(option -> option.startsWith(name(standard))))
                .forEach(arguments::add);
        return CommandLineRun.start(environment, arguments.toArray(String[]::new));
    }

    private static String name(String option) {
        return option.substring(0, option.indexOf('=') + 1);
    }

    ManagedChannel channel() {
        return channel;
    }

    public int port() {
        return port;
    }

    String statusHost() {
        return statusHost;
    }

    public int statusPort() {
        return statusPort;
    }

    /** What it answers by HTTP, such as {@code 200 ready}. */
    String status(String path) throws IOException, InterruptedException {
        HttpResponse<String> response = get(path, "*/*");
        return response.statusCode() + " " + response.body().strip();
    }

    /** What it has counted, in OpenMetrics, a line each. */
    List<String> metrics() throws IOException, InterruptedException {
        return get("/metrics", "application/openmetrics-text").body().lines().toList();
    }

    private HttpResponse<String> get(String path, String form) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://" + statusHost + ":" + statusPort + path))
                            .header("Accept", form)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    public Process process() {
        return process;
    }

    public List<String> messages() {
        return List.copyOf(messages);
    }

    Matcher awaitMessage(Pattern pattern, Duration limit) {
        return await().atMost(limit)
                .failFast(
                        "the daemon has ended",
                        () -> !process.isAlive() && message(pattern).isEmpty())
                .until(() -> message(pattern), Optional::isPresent)
                .orElseThrow();
    }

    private Optional<Matcher> message(Pattern pattern) {
        return messages.stream().map(pattern::matcher).filter(Matcher::matches).findFirst();
    }

    /** The VMMs that it has running. */
    List<ProcessHandle> vmms() {
        return process.descendants()
                .filter(descendant -> descendant.info().command().orElse("").matches(".*/(qemu-system.*|firecracker)"))
                .toList();
    }

    ProcessHandle spawner() {
        return process.descendants()
                .filter(descendant -> descendant.info().command().orElse("").endsWith("/neurovisor-spawner"))
                .findFirst()
                .orElseThrow();
    }

    /** Its only machine, which no request has and which the next one gets. It is to keep one warm. */
    ProcessHandle warmVmm() {
        return await().atMost(MACHINE_LIMIT)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> isAtRest() ? vmms() : List.<ProcessHandle>of(), machines -> machines.size() == 1)
                .getFirst();
    }

    /** Whether one machine is ready and none is being started, used or ended; {@code /ready} says that there has been one. */
    private boolean isAtRest() throws IOException, InterruptedException {
        JsonNode pool = new ObjectMapper()
                .readTree(get("/status.json", "application/json").body())
                .path("pool");
        return pool.path("warm").asInt() == 1 && pool.path("machines").asInt() == 1;
    }

    void signal(String name) {
        try {
            int exitCode = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
            if (exitCode != 0) {
                throw new AssertionError("kill ended with " + exitCode);
            }
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", exception);
        }
    }

    int awaitEnd() {
        try {
            if (!process.waitFor(END_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("the daemon does not end: " + messages);
            }
            return process.exitValue();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", exception);
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
        process.destroyForcibly();
        int _ = awaitEnd();
    }
}

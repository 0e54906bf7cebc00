package io.neurovisor.server.client;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.process.BackgroundTool;
import io.neurovisor.host.process.LineTail;
import io.neurovisor.host.process.ToolCommand;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A daemon in a separate process, at free ports. Closing it stops the process. */
public final class DaemonProcess implements AutoCloseable {
    private static final Pattern SERVES = Pattern.compile(".*serves gRPC on .* on (127\\.0\\.0\\.1:\\d{1,5})");
    private static final Pattern SERVES_HTTP = Pattern.compile(".*serves E2B's clients on (https?://\\S+)");
    private static final Duration START_LIMIT = Duration.ofMinutes(3);
    private static final int READ_MILLIS = 10_000;
    private static final Duration LOOK_AGAIN_AFTER = Duration.ofMillis(20);
    private static final Pattern WARM = Pattern.compile("neurovisor_pool_warm_vms(?:\\{.*})? (\\d+)(?:\\.0)?");

    private final LineTail messages = new LineTail();
    private final CompletableFuture<String> serving = new CompletableFuture<>();
    private final CompletableFuture<String> servingHttp = new CompletableFuture<>();
    private final BackgroundTool process;
    private final String statusAddress;
    private final DaemonClient client;

    private DaemonProcess(ToolCommand serve, Path socket) {
        process = BackgroundTool.start(serve, this::receive);
        boolean started = false;
        try {
            CompletableFuture<Void> _ = process.handle().onExit().thenRun(() -> {
                IOException exited = new IOException("the daemon has exited");
                boolean _ = serving.completeExceptionally(exited);
                boolean _ = servingHttp.completeExceptionally(exited);
            });
            statusAddress = awaited(serving);
            client = DaemonClient.connect(socket);
            started = true;
        } finally {
            if (!started) {
                process.close();
            }
        }
    }

    /**
     * Starts a daemon and returns when it serves.
     *
     * @param serve the command with its options; it must log as text
     * @param socket the Unix socket of the daemon
     */
    public static DaemonProcess start(ToolCommand serve, Path socket) {
        return new DaemonProcess(serve, socket);
    }

    private String awaited(CompletableFuture<String> address) {
        try {
            return address.get(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException failure) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED,
                    "the daemon does not serve; its messages: " + String.join("; ", messages.lines()),
                    failure);
        } catch (InterruptedException interrupt) {
            throw NeuroVisorException.interrupted("cancelled", interrupt);
        }
    }

    /** Returns the URL of the HTTP APIs, which need {@code --http-port}. */
    public String httpAddress() {
        return awaited(servingHttp);
    }

    private void receive(String line) {
        messages.add(line);
        Matcher serves = SERVES.matcher(line);
        if (serves.matches()) {
            serving.complete(serves.group(1));
        }
        Matcher servesHttp = SERVES_HTTP.matcher(line);
        if (servesHttp.matches()) {
            servingHttp.complete(servesHttp.group(1));
        }
    }

    /** Returns a client of the daemon, which is thread-safe. */
    public DaemonClient client() {
        return client;
    }

    /** Returns the metrics of the daemon as lines of OpenMetrics text. */
    public List<String> metrics() {
        try {
            URLConnection connection =
                    URI.create("http://" + statusAddress + "/metrics").toURL().openConnection();
            connection.setRequestProperty("Accept", "application/openmetrics-text; version=1.0.0");
            connection.setConnectTimeout(READ_MILLIS);
            connection.setReadTimeout(READ_MILLIS);
            try (InputStream body = connection.getInputStream()) {
                return new String(body.readAllBytes(), StandardCharsets.UTF_8)
                        .lines()
                        .toList();
            }
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, "the daemon's metrics cannot be read: " + exception.getMessage(), exception);
        }
    }

    public void awaitWarm(int machines) {
        Deadline deadline = Deadline.after(START_LIMIT, Ticker.SYSTEM);
        while (warm() < machines) {
            if (deadline.hasPassed() || !process.handle().isAlive()) {
                throw new NeuroVisorException(
                        Fault.TOOL_FAILED,
                        "the daemon does not have " + machines + " machines ready; its last message: "
                                + messages.lines().getLast());
            }
            Pause.of(LOOK_AGAIN_AFTER);
        }
    }

    private int warm() {
        return metrics().stream()
                .map(WARM::matcher)
                .filter(Matcher::matches)
                .mapToInt(line -> Integer.parseInt(line.group(1)))
                .sum();
    }

    /** Returns the processor time of the daemon and its spawner so far, without that of the VMMs. */
    public Duration processorTime() {
        return Stream.concat(Stream.of(process.handle()), process.handle().children())
                .flatMap(program -> program.info().totalCpuDuration().stream())
                .reduce(Duration.ZERO, Duration::plus);
    }

    public ProcessHandle handle() {
        return process.handle();
    }

    public List<ProcessHandle> vmms() {
        return process.handle().descendants().filter(DaemonProcess::runsGuest).toList();
    }

    public static boolean runsGuest(ProcessHandle handle) {
        try {
            String name = Files.readString(Path.of("/proc", Long.toString(handle.pid()), "comm"))
                    .strip();
            return name.startsWith("qemu-system") || name.equals("firecracker");
        } catch (IOException ended) {
            return false;
        }
    }

    @Override
    public void close() {
        client.close();
        process.close();
    }
}

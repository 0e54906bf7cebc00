package io.neurovisor.bench.endurance;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.process.BackgroundTool;
import io.neurovisor.host.process.LineTail;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.server.client.DaemonClient;
import io.neurovisor.server.client.DaemonProcess;
import io.neurovisor.server.client.Pause;
import io.neurovisor.server.client.sandbox.SandboxClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** A daemon process that can be killed and restarted. */
public final class TestedDaemon implements AutoCloseable {
    private static final Duration START = Duration.ofMinutes(3);
    private static final Duration END = Duration.ofMinutes(2);
    private static final Duration LOOK_AGAIN_AFTER = Duration.ofMillis(100);

    private final ToolCommand command;
    private final Path socket;
    private final int warm;
    private final Set<ProcessHandle> seen = ConcurrentHashMap.newKeySet();
    private final AtomicInteger ended = new AtomicInteger();
    private final LineTail messages = new LineTail();
    private volatile CountDownLatch serving = new CountDownLatch(1);
    private volatile BackgroundTool process;

    private TestedDaemon(ToolCommand command, Path socket, int warm) {
        this.command = command;
        this.socket = socket;
        this.warm = warm;
        this.process = launch();
        awaitReady();
    }

    /**
     * Starts the daemon and returns when its warm machines are ready.
     *
     * @param command {@code serve} with its options
     * @param socket the socket at which it serves
     * @param warm the number of machines that it keeps ready
     */
    static TestedDaemon start(ToolCommand command, Path socket, int warm) {
        return new TestedDaemon(command, socket, warm);
    }

    private BackgroundTool launch() {
        return BackgroundTool.start(command, messages::add);
    }

    private void awaitReady() {
        awaitThat("serves", () -> Files.exists(socket) && answers());
        awaitThat("has " + warm + " machines ready", () -> machines().size() >= warm);
    }

    private boolean answers() {
        try (DaemonClient _ = DaemonClient.connect(socket)) {
            return true;
        } catch (NeuroVisorException exception) {
            return false;
        }
    }

    /** Lets clients connect. */
    void open() {
        serving.countDown();
    }

    /**
     * Connects a client, and waits while the daemon is being restarted.
     *
     * @param key the key of the tenant; if empty, the client uses the socket without a key
     */
    DaemonClient connect(Optional<String> key) throws InterruptedException {
        return connect(() -> DaemonClient.connect(socket, key));
    }

    /** Connects a client of sandboxes, and waits while the daemon is being restarted. */
    public SandboxClient connectToSandboxes() throws InterruptedException {
        return connect(() -> SandboxClient.connect(socket, Optional.empty()));
    }

    private <C> C connect(Supplier<C> connection) throws InterruptedException {
        while (true) {
            if (!serving.await(START.toSeconds(), TimeUnit.SECONDS)) {
                throw failed("does not serve again");
            }
            int before = ended();
            try {
                return connection.get();
            } catch (NeuroVisorException exception) {
                boolean dead = before != ended() || !process.handle().isAlive();
                if (exception.fault() != Fault.DAEMON_MISSING || !dead) {
                    throw exception;
                }
            }
        }
    }

    List<ProcessHandle> machines() {
        List<ProcessHandle> all = process.handle().descendants().toList();
        seen.addAll(all);
        return all.stream().filter(DaemonProcess::runsGuest).toList();
    }

    /** Kills the daemon with SIGKILL. Clients cannot connect until {@link #open} is called again. */
    void kill() {
        closeToClients();
        boolean _ = process.handle().destroyForcibly();
        int _ = process.awaitExit(END);
        process.close();
    }

    /** Stops the daemon as {@link #end} does. Clients cannot connect until {@link #open} is called again. */
    int stop() {
        closeToClients();
        int exitCode = end();
        process.close();
        return exitCode;
    }

    private void closeToClients() {
        serving = new CountDownLatch(1);
        boolean _ = machines().isEmpty();
        int _ = ended.incrementAndGet();
    }

    /** Restarts the daemon and returns when its warm machines are ready. */
    void restart() {
        process = launch();
        awaitReady();
    }

    /** Returns how often it was killed or stopped. */
    public int ended() {
        return ended.get();
    }

    Footprint footprint() {
        awaitThat("is idle", () -> machines().size() == warm);
        return Footprint.of(process.handle());
    }

    /** Stops the daemon with SIGTERM and returns its exit code. */
    int end() {
        boolean _ = machines().isEmpty();
        boolean _ = process.handle().destroy();
        return process.awaitExit(END);
    }

    /** Returns the descendants of the daemon that are still alive some time after it has exited. */
    List<ProcessHandle> survivors() {
        Deadline deadline = Deadline.after(END, Ticker.SYSTEM);
        while (seen.stream().anyMatch(ProcessHandle::isAlive) && !deadline.hasPassed()) {
            Pause.of(LOOK_AGAIN_AFTER);
        }
        return seen.stream().filter(ProcessHandle::isAlive).toList();
    }

    private void awaitThat(String what, BooleanSupplier condition) {
        Deadline deadline = Deadline.after(START, Ticker.SYSTEM);
        while (!condition.getAsBoolean()) {
            if (deadline.hasPassed() || !process.handle().isAlive()) {
                throw failed("never " + what);
            }
            Pause.of(LOOK_AGAIN_AFTER);
        }
    }

    private NeuroVisorException failed(String how) {
        return new NeuroVisorException(
                Fault.TOOL_FAILED, "the daemon " + how + "; its messages: " + String.join("; ", messages.lines()));
    }

    @Override
    public void close() {
        process.close();
    }
}

package io.neurovisor.server.page;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.http.HttpCall;
import io.neurovisor.server.overview.Overview;
import io.neurovisor.server.overview.OverviewJson;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends changes to browsers by Server-Sent Events: a new overview, at most once a second, and a comment if nothing has
 * changed for a while. At most {@link #MOST_CLIENTS} streams are open; further clients are asked to retry. A client
 * that does not read is disconnected and does not delay the others: each has its own thread, and none queues more than
 * the overview that it writes.
 */
final class LiveEvents implements AutoCloseable {
    static final int MOST_CLIENTS = 32;

    private static final Logger LOG = LoggerFactory.getLogger(LiveEvents.class);
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final Duration HEARTBEAT = Duration.ofSeconds(15);
    private static final Duration WRITE_LIMIT = Duration.ofSeconds(10);
    private static final String RETRY_SECONDS = "30";
    private static final String TYPE = "text/event-stream";
    private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.UTF_8);

    private final Supplier<Overview> overviews;
    private final Ticker ticker;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("status events").factory());
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final Set<Client> clients = new HashSet<>();

    @GuardedBy("lock")
    private @Nullable Frame latest;

    @GuardedBy("lock")
    private boolean closed;

    LiveEvents(Supplier<Overview> overviews, Ticker ticker) {
        this.overviews = overviews;
        this.ticker = ticker;
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(
                this::poll, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    @SuppressWarnings("ArrayRecordComponent") // Not compared.
    private record Frame(Overview overview, byte[] event) {
        static Frame of(Overview overview) {
            String event = "data: " + OverviewJson.write(overview) + "\n\n";
            return new Frame(overview, event.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static final class Client {
        private final Thread thread = Thread.currentThread();
        private volatile @Nullable Deadline writing;
    }

    void serve(HttpCall call) throws IOException {
        if (call.isHead()) {
            Replies.send(call, 200, TYPE, new byte[0]);
            return;
        }
        Client client = new Client();
        if (!admit(client)) {
            call.answer(
                    503,
                    Map.of("Retry-After", RETRY_SECONDS),
                    MOST_CLIENTS + " clients receive events already; request /status.json instead");
            return;
        }
        try {
            send(client, Replies.stream(call, TYPE));
        } catch (InterruptedException exception) {
            // The server is shutting down, or the client did not read.
        } finally {
            synchronized (lock) {
                clients.remove(client);
            }
        }
    }

    int clients() {
        synchronized (lock) {
            return clients.size();
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
        synchronized (lock) {
            closed = true;
            clients.forEach(client -> client.thread.interrupt());
        }
    }

    private boolean admit(Client client) {
        synchronized (lock) {
            return !closed && clients.size() < MOST_CLIENTS && clients.add(client);
        }
    }

    private void send(Client client, OutputStream stream) throws IOException, InterruptedException {
        Frame sent = Frame.of(overviews.get());
        write(client, stream, sent.event());
        while (true) {
            Optional<Frame> change = awaitChange(sent);
            if (change.isPresent()) {
                sent = change.get();
            }
            write(client, stream, change.map(Frame::event).orElse(COMMENT));
        }
    }

    /** Returns the next change; empty if there is none within the longest silence of a stream. */
    private Optional<Frame> awaitChange(Frame sent) throws InterruptedException {
        Deadline silence = Deadline.after(HEARTBEAT, ticker);
        synchronized (lock) {
            while (!silence.hasPassed()) {
                Frame current = latest;
                if (current != null && isChange(current.overview(), sent.overview())) {
                    return Optional.of(current);
                }
                lock.wait(Math.max(1, silence.remaining().toMillis()));
            }
            return Optional.empty();
        }
    }

    private static boolean isChange(Overview overview, Overview sent) {
        return overview.at().isAfter(sent.at()) && !overview.showsTheSameAs(sent);
    }

    private void write(Client client, OutputStream stream, byte[] bytes) throws IOException {
        client.writing = Deadline.after(WRITE_LIMIT, ticker);
        stream.write(bytes);
        stream.flush();
        client.writing = null;
    }

    /** Runs every second. */
    private void poll() {
        synchronized (lock) {
            if (clients.isEmpty()) {
                latest = null;
                return;
            }
            clients.forEach(LiveEvents::disconnectIfNotReading);
        }
        try {
            // Outside of the lock, so that a slow overview does not block waiting clients.
            Overview now = overviews.get();
            synchronized (lock) {
                if (latest == null || !latest.overview().showsTheSameAs(now)) {
                    latest = Frame.of(now);
                }
                // Also without changes, for streams that have been silent for long enough.
                lock.notifyAll();
            }
        } catch (RuntimeException exception) {
            // An exception would cancel the timer.
            LOG.warn("the status page could not be updated", exception);
        }
    }

    /** Interrupting a thread that writes to a channel closes the channel. */
    private static void disconnectIfNotReading(Client client) {
        Deadline writing = client.writing;
        if (writing != null && writing.hasPassed()) {
            client.thread.interrupt();
        }
    }
}

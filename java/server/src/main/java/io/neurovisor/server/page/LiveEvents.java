package io.neurovisor.server.page;

import static java.util.Objects.requireNonNull;

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
 * Tells browsers what has changed, by Server-Sent Events: an overview when it is new, at most one a second, and a comment
 * when nothing has been said for a while. There are at most {@link #MOST_CLIENTS} streams; the next client is told to come
 * back. A client that does not read is hung up on and holds up nobody: each writes from a thread of its own, and none queues
 * more than the overview that it is writing.
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
        this.overviews = requireNonNull(overviews, "overviews is null");
        this.ticker = requireNonNull(ticker, "ticker is null");
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(
                this::look, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    @SuppressWarnings("ArrayRecordComponent") // Written only.
    private record Frame(Overview overview, byte[] event) {
        static Frame of(Overview overview) {
            String event = "data: " + OverviewJson.write(overview) + "\n\n";
            return new Frame(overview, event.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** One stream. */
    private static final class Client {
        private final Thread thread = Thread.currentThread();
        private volatile @Nullable Deadline writing;
    }

    /** Returns when the stream has ended. */
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
                    MOST_CLIENTS + " clients are being told already; ask for /status.json instead");
            return;
        }
        try {
            tell(client, Replies.stream(call, TYPE));
        } catch (InterruptedException exception) {
            // The server ends, or the client did not read. There is nothing to tell it.
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

    private void tell(Client client, OutputStream stream) throws IOException, InterruptedException {
        Frame told = Frame.of(overviews.get());
        write(client, stream, told.event());
        while (true) {
            Optional<Frame> news = awaitNews(told);
            if (news.isPresent()) {
                told = news.get();
            }
            write(client, stream, news.map(Frame::event).orElse(COMMENT));
        }
    }

    /** Empty when there is none for as long as a stream may be silent. */
    private Optional<Frame> awaitNews(Frame told) throws InterruptedException {
        Deadline silence = Deadline.after(HEARTBEAT, ticker);
        synchronized (lock) {
            while (!silence.hasPassed()) {
                Frame current = latest;
                if (current != null && isNews(current.overview(), told.overview())) {
                    return Optional.of(current);
                }
                lock.wait(Math.max(1, silence.remaining().toMillis()));
            }
            return Optional.empty();
        }
    }

    private static boolean isNews(Overview overview, Overview told) {
        return overview.at().isAfter(told.at()) && !overview.showsTheSameAs(told);
    }

    private void write(Client client, OutputStream stream, byte[] bytes) throws IOException {
        client.writing = Deadline.after(WRITE_LIMIT, ticker);
        stream.write(bytes);
        stream.flush();
        client.writing = null;
    }

    /** Every second. */
    private void look() {
        synchronized (lock) {
            if (clients.isEmpty()) {
                latest = null;
                return;
            }
            clients.forEach(LiveEvents::hangUpIfItDoesNotRead);
        }
        try {
            // Not under the lock: whoever holds up the picture must not hold up who only waits for it.
            Overview now = overviews.get();
            synchronized (lock) {
                if (latest == null || !latest.overview().showsTheSameAs(now)) {
                    latest = Frame.of(now);
                }
                // Also where there is no news, for those that have been silent long enough.
                lock.notifyAll();
            }
        } catch (RuntimeException exception) {
            // An exception would end the timer.
            LOG.warn("the status page could not be kept current", exception);
        }
    }

    /** Interrupting a thread that writes to a channel closes the channel. */
    private static void hangUpIfItDoesNotRead(Client client) {
        Deadline writing = client.writing;
        if (writing != null && writing.hasPassed()) {
            client.thread.interrupt();
        }
    }
}

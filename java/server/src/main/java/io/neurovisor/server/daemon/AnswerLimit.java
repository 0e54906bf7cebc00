package io.neurovisor.server.daemon;

import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpExchange;
import io.neurovisor.server.page.StatusPages;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Hangs up on clients that do not read what they have asked for. Streams of events, which have no end, see to that
 * themselves.
 */
final class AnswerLimit extends Filter implements AutoCloseable {
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("answer limit").factory());
    private final Duration limit;

    AnswerLimit(Duration limit) {
        this.limit = limit;
    }

    @Override
    public void doFilter(HttpExchange exchange, Chain chain) throws IOException {
        if (StatusPages.EVENTS.equals(exchange.getRequestURI().getRawPath())) {
            chain.doFilter(exchange);
            return;
        }
        // Interrupting a thread that writes to a channel closes the channel.
        ScheduledFuture<?> end =
                timer.schedule(Thread.currentThread()::interrupt, limit.toMillis(), TimeUnit.MILLISECONDS);
        try {
            chain.doFilter(exchange);
        } finally {
            end.cancel(false);
        }
    }

    @Override
    public String description() {
        return "ends answers that nobody reads";
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}

package io.neurovisor.agent.provider;

import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.engine.time.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serial;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of a response as a stream with back-pressure, in which each read has a timeout. Closing it closes the connection, so
 * that the server stops generating.
 */
final class ReplyStream extends InputStream implements HttpResponse.BodySubscriber<ReplyStream> {
    /** More than any context window contains; a longer body is not a reply. */
    static final long MAX_BYTES = 64L << 20;

    /** Received buffers, or the end of the response with its error. */
    private record Item(
            List<ByteBuffer> buffers,
            boolean isEnd,
            @Nullable Throwable error) {}

    /** Thrown when a limit ends the stream. */
    static final class Ended extends IOException {
        @Serial
        private static final long serialVersionUID = 1L;

        private final ModelFailure.Reason reason;

        Ended(ModelFailure.Reason reason, String message) {
            super(message);
            this.reason = reason;
        }

        ModelFailure.Reason reason() {
            return reason;
        }
    }

    private final LinkedBlockingQueue<Item> items = new LinkedBlockingQueue<>();
    private final Duration firstTimeout;
    private final Duration nextTimeout;
    private final Deadline deadline;
    private volatile Flow.@Nullable Subscription subscription;
    private volatile boolean closed;
    private ByteBuffer current = ByteBuffer.allocate(0);
    private List<ByteBuffer> following = List.of();
    private long received;
    private boolean ended;

    /**
     * Creates a stream with three timeouts.
     *
     * @param firstTimeout for the first bytes, before which the server may have to load the model
     * @param nextTimeout for each further read
     * @param deadline for the whole body
     */
    ReplyStream(Duration firstTimeout, Duration nextTimeout, Deadline deadline) {
        this.firstTimeout = firstTimeout;
        this.nextTimeout = nextTimeout;
        this.deadline = deadline;
    }

    /** Returns the stream immediately, so that the caller reads while the body arrives. */
    @Override
    public CompletionStage<ReplyStream> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
        subscription = newSubscription;
        if (closed) {
            newSubscription.cancel();
        } else {
            newSubscription.request(1);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        items.add(new Item(buffers, false, null));
    }

    @Override
    public void onError(Throwable error) {
        items.add(new Item(List.of(), true, error));
    }

    @Override
    public void onComplete() {
        items.add(new Item(List.of(), true, null));
    }

    @Override
    public int read() throws IOException {
        return fill() ? current.get() & 0xFF : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, current.remaining());
        current.get(target, offset, count);
        return count;
    }

    @Override
    public void close() {
        closed = true;
        Flow.Subscription open = subscription;
        if (open != null) {
            open.cancel();
        }
    }

    /** Blocks until a byte is available; returns false at the end of the stream. */
    private boolean fill() throws IOException {
        while (!current.hasRemaining()) {
            if (!following.isEmpty()) {
                current = following.getFirst();
                following = following.subList(1, following.size());
            } else if (ended) {
                return false;
            } else {
                take();
            }
        }
        return true;
    }

    private void take() throws IOException {
        Item item = next();
        if (item.error() != null) {
            throw new Ended(
                    ModelFailure.Reason.BROKEN_STREAM,
                    "the connection broke: " + ConnectionFailures.cause(item.error()));
        }
        ended = item.isEnd();
        following = item.buffers();
        received += following.stream().mapToLong(ByteBuffer::remaining).sum();
        if (received > MAX_BYTES) {
            close();
            throw new Ended(ModelFailure.Reason.REFUSED, "the reply has more than " + MAX_BYTES + " bytes");
        }
        Flow.Subscription open = subscription;
        if (!ended && open != null) {
            open.request(1);
        }
    }

    private Item next() throws IOException {
        Duration left = deadline.remaining();
        Duration usual = received == 0 ? firstTimeout : nextTimeout;
        boolean isLast = left.compareTo(usual) < 0;
        try {
            Item item = items.poll((isLast ? left : usual).toNanos(), TimeUnit.NANOSECONDS);
            if (item != null) {
                return item;
            }
        } catch (InterruptedException exception) {
            close();
            throw new Ended(ModelFailure.Reason.CANCELLED, "cancelled");
        }
        close();
        throw isLast
                ? new Ended(ModelFailure.Reason.OUT_OF_TIME, "the time for the whole run is over")
                : new Ended(ModelFailure.Reason.STALLED, "nothing came for " + usual.toSeconds() + " s");
    }
}

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
 * A server's answer while it comes: bytes are asked for as they are read, and whoever reads waits only so long for the next
 * ones. Closing it breaks the connection off, so that the server stops.
 */
final class ReplyStream extends InputStream implements HttpResponse.BodySubscriber<ReplyStream> {
    /** More than any context window holds; whoever sends more does not send a reply. */
    static final long MAX_BYTES = 64L << 20;

    /** The end of the answer, by an error where there is one. */
    private record Item(
            List<ByteBuffer> buffers,
            boolean isEnd,
            @Nullable Throwable error) {}

    /** No more is read, for a reason that we have found ourselves. */
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
    private final Duration firstPatience;
    private final Duration patience;
    private final Deadline deadline;
    private volatile Flow.@Nullable Subscription subscription;
    private volatile boolean closed;
    private ByteBuffer current = ByteBuffer.allocate(0);
    private List<ByteBuffer> following = List.of();
    private long received;
    private boolean ended;

    /**
     * Waits in three ways.
     *
     * @param firstPatience for the first bytes, before which the server may have to load the model
     * @param patience for each further ones
     * @param deadline for all of them
     */
    ReplyStream(Duration firstPatience, Duration patience, Deadline deadline) {
        this.firstPatience = firstPatience;
        this.patience = patience;
        this.deadline = deadline;
    }

    /** At once: whoever has the head begins to read. */
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

    /** Makes sure that there is a byte to read; false at the end. */
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
            throw new Ended(ModelFailure.Reason.BROKEN_STREAM, "the connection broke: " + Failed.cause(item.error()));
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
        Duration usual = received == 0 ? firstPatience : patience;
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

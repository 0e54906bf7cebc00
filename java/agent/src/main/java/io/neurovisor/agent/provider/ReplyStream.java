package io.neurovisor.agent.provider;

import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.engine.time.Deadline;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serial;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The body of a response, in which each read has a timeout. Closing it closes the connection, so that the server stops
 * generating.
 */
final class ReplyStream extends FilterInputStream {
    /** More than any context window contains; a longer body is not a reply. */
    static final long MAX_BYTES = 64L << 20;

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

    private final ServerConnection.ReadTimeouts timeouts;
    private final Deadline deadline;
    private long received;

    /**
     * Reads a body of the JDK's client.
     *
     * @param deadline for the whole body
     */
    ReplyStream(InputStream body, ServerConnection.ReadTimeouts timeouts, Deadline deadline) {
        super(body);
        this.timeouts = timeouts;
        this.deadline = deadline;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        Duration left = deadline.remaining();
        Duration usual = received == 0 ? timeouts.first() : timeouts.next();
        boolean isLast = left.compareTo(usual) < 0;
        CompletableFuture<Integer> read =
                new CompletableFuture<Integer>().orTimeout((isLast ? left : usual).toNanos(), TimeUnit.NANOSECONDS);
        // A blocked read of the JDK's client throws when its stream is closed.
        CompletableFuture<Integer> _ = read.exceptionally(_ -> {
            close();
            return 0;
        });
        int count;
        try {
            count = super.read(target, offset, length);
        } catch (IOException exception) {
            throw read.complete(0) ? broken(exception) : late(isLast, usual);
        }
        if (!read.complete(count)) {
            throw late(isLast, usual);
        }
        received += Math.max(count, 0);
        if (received > MAX_BYTES) {
            close();
            throw new Ended(ModelFailure.Reason.REFUSED, "the reply has more than " + MAX_BYTES + " bytes");
        }
        return count;
    }

    @Override
    public void close() {
        try {
            super.close();
        } catch (IOException exception) {
            throw new UncheckedIOException("the JDK's client throws nothing here", exception);
        }
    }

    private Ended broken(IOException exception) {
        if (exception.getCause() instanceof InterruptedException) {
            // The JDK's client has set it again; the caller still writes files, which an interrupted thread cannot.
            boolean _ = Thread.interrupted();
            close();
            return new Ended(ModelFailure.Reason.CANCELLED, "cancelled");
        }
        return new Ended(
                ModelFailure.Reason.BROKEN_STREAM, "the connection broke: " + ConnectionFailures.cause(exception));
    }

    private static Ended late(boolean isLast, Duration usual) {
        return isLast
                ? new Ended(ModelFailure.Reason.OUT_OF_TIME, "the time for the whole run is over")
                : new Ended(ModelFailure.Reason.STALLED, "nothing came for " + usual.toSeconds() + " s");
    }
}

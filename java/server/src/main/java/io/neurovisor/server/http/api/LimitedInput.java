package io.neurovisor.server.http.api;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A body that fails with {@link BodyTooLarge} after a number of bytes. */
final class LimitedInput extends FilterInputStream {
    /** The most that is read of what no one needs. Few clients send more before they read the response. */
    static final long MOST_DISCARDED_BYTES = 1L << 30;

    /** Shared by all, because no one reads it: a buffer for each would take memory for clients that are refused. */
    private static final byte[] DROPPED = new byte[8 << 10];

    private final long announcedBytes;
    private final long mostBytes;
    private long readBytes;
    private volatile boolean begun;
    private volatile boolean atEnd;

    /** @param announcedBytes the length that the client has announced, which fails the first read if it is too large */
    LimitedInput(InputStream body, long announcedBytes, long mostBytes) {
        super(body);
        this.announcedBytes = announcedBytes;
        this.mostBytes = mostBytes;
    }

    @Override
    public int read() throws IOException {
        begin();
        int next = super.read();
        count(next < 0 ? -1 : 1);
        return next;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0; // InputStream.readNBytes asks for that, and Jetty's body would wait for content.
        }
        begin();
        int count = super.read(bytes, offset, length);
        count(count);
        return count;
    }

    @Override
    public long skip(long count) throws IOException {
        begun = true;
        long skipped = super.skip(count);
        count(skipped);
        return skipped;
    }

    /** Leaves the rest to {@link #discard}: Jetty would reset the connection, and with it a response that was not read yet. */
    @Override
    public void close() {}

    @Override
    public boolean markSupported() {
        return false;
    }

    /** Returns whether reading has begun, so that a client that waits to be asked for its body was asked. */
    boolean isBegun() {
        return begun;
    }

    /** Returns whether all was read. */
    boolean isAtEnd() {
        return atEnd;
    }

    /** Reads to the end, whatever the limits of the route are, but not more than {@link #MOST_DISCARDED_BYTES}, and keeps nothing. */
    void discard() {
        try {
            long left = MOST_DISCARDED_BYTES;
            while (left > 0 && !Thread.interrupted()) {
                int count = in.read(DROPPED);
                if (count < 0) {
                    return;
                }
                left -= count;
            }
        } catch (IOException gone) {
            // The client has disconnected, so that it needs no response.
        }
    }

    private void begin() throws IOException {
        if (announcedBytes > mostBytes) {
            throw new BodyTooLarge(mostBytes);
        }
        begun = true;
    }

    /** Counts what was read; a negative number is the end. */
    private void count(long bytes) throws IOException {
        atEnd = bytes < 0;
        readBytes += Math.max(0, bytes);
        if (readBytes > mostBytes) {
            throw new BodyTooLarge(mostBytes);
        }
    }
}

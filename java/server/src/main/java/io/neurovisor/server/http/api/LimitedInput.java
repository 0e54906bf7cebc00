package io.neurovisor.server.http.api;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A body that fails with {@link BodyTooLarge} after a number of bytes. */
final class LimitedInput extends FilterInputStream {
    private final long announcedBytes;
    private final long mostBytes;
    private long readBytes;

    /** @param announcedBytes the length that the client has announced, which fails the first read if it is too large */
    LimitedInput(InputStream body, long announcedBytes, long mostBytes) {
        super(body);
        this.announcedBytes = announcedBytes;
        this.mostBytes = mostBytes;
    }

    @Override
    public int read() throws IOException {
        checkAnnounced();
        int next = super.read();
        count(next < 0 ? 0 : 1);
        return next;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0; // InputStream.readNBytes asks for that, and Jetty's body would wait for content.
        }
        checkAnnounced();
        int count = super.read(bytes, offset, length);
        count(Math.max(0, count));
        return count;
    }

    @Override
    public long skip(long count) throws IOException {
        long skipped = super.skip(count);
        count(skipped);
        return skipped;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    private void checkAnnounced() throws IOException {
        if (announcedBytes > mostBytes) {
            throw new BodyTooLarge(mostBytes);
        }
    }

    private void count(long bytes) throws IOException {
        readBytes += bytes;
        if (readBytes > mostBytes) {
            throw new BodyTooLarge(mostBytes);
        }
    }
}

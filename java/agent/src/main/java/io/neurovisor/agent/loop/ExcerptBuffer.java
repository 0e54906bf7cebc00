package io.neurovisor.agent.loop;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** Collects the beginning and the end of an output in bounded memory. Thread-safe. */
public final class ExcerptBuffer {
    private final int partBytes;
    private final ByteArrayOutputStream head = new ByteArrayOutputStream();
    private final byte[] ring;
    private long total;

    /** Creates a buffer that keeps up to {@code partBytes} of the beginning and of the end. */
    public ExcerptBuffer(int partBytes) {
        this.partBytes = partBytes;
        this.ring = new byte[partBytes];
    }

    /** Appends the remaining bytes. */
    public synchronized void append(ByteBuffer bytes) {
        int toHead = Math.min(bytes.remaining(), partBytes - head.size());
        for (int index = 0; index < toHead; index++) {
            head.write(bytes.get());
        }
        total += toHead;
        while (bytes.hasRemaining()) {
            int position = (int) ((total - partBytes) % partBytes);
            int length = Math.min(bytes.remaining(), partBytes - position);
            bytes.get(ring, position, length);
            total += length;
        }
    }

    public synchronized Excerpt excerpt() {
        long behindHead = total - head.size();
        int length = (int) Math.min(behindHead, partBytes);
        byte[] tail = new byte[length];
        int end = (int) (behindHead % partBytes);
        int begin = behindHead > partBytes ? end : 0;
        for (int index = 0; index < length; index++) {
            tail[index] = ring[(begin + index) % partBytes];
        }
        return new Excerpt(head.toByteArray(), tail, total);
    }
}

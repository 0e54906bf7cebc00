package io.neurovisor.tests.hostile.guest;

import java.util.concurrent.atomic.LongAdder;

/** Counts the traffic of forged guests. */
final class Traffic {
    private final LongAdder connections = new LongAdder();
    private final LongAdder frames = new LongAdder();
    private final LongAdder bytes = new LongAdder();

    void connected() {
        connections.increment();
    }

    void framed(long count) {
        frames.add(count);
    }

    void sent(long count) {
        bytes.add(count);
    }

    /** Returns a summary such as {@code 12 connections, 34 frames, 56 MiB}. */
    @Override
    public String toString() {
        return "%d connections, %d frames, %d MiB".formatted(connections.sum(), frames.sum(), bytes.sum() >> 20);
    }
}

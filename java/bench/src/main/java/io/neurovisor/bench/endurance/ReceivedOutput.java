package io.neurovisor.bench.endurance;

import io.neurovisor.engine.program.OutputSink;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Keeps the size of the output and its first line. */
final class ReceivedOutput implements OutputSink {
    private final StringBuilder begin = new StringBuilder();
    private final Runnable first;
    private boolean lineEnded;
    private long bytes;

    /** @param first runs at each part of stdout; may throw to disconnect the client */
    ReceivedOutput(Runnable first) {
        this.first = first;
    }

    @Override
    public void stdout(ByteBuffer output) {
        bytes += output.remaining();
        String text = lineEnded
                ? ""
                : StandardCharsets.UTF_8.decode(output.duplicate()).toString();
        int end = text.indexOf('\n');
        begin.append(text, 0, end < 0 ? text.length() : end);
        lineEnded |= end >= 0;
        first.run();
    }

    @Override
    public void stderr(ByteBuffer output) {
        bytes += output.remaining();
    }

    @Override
    public void file(String path, ByteBuffer part, boolean last) {}

    String begin() {
        return begin.toString();
    }

    long bytes() {
        return bytes;
    }
}

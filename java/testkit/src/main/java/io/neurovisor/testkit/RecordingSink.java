package io.neurovisor.testkit;

import io.neurovisor.engine.program.OutputSink;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Keeps everything a program wrote. */
public final class RecordingSink implements OutputSink {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Override
    public synchronized void stdout(ByteBuffer bytes) {
        append(out, bytes);
    }

    @Override
    public synchronized void stderr(ByteBuffer bytes) {
        append(err, bytes);
    }

    public synchronized String stdoutText() {
        return out.toString(StandardCharsets.UTF_8);
    }

    public synchronized String stderrText() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private static void append(ByteArrayOutputStream target, ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        target.writeBytes(copy);
    }
}

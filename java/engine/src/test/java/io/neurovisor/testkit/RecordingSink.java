package io.neurovisor.testkit;

import io.neurovisor.engine.program.OutputSink;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** Records the output and the files of a program. */
public final class RecordingSink implements OutputSink {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final ByteArrayOutputStream unfinished = new ByteArrayOutputStream();
    private final Map<String, byte[]> files = new TreeMap<>();

    @Override
    public synchronized void stdout(ByteBuffer bytes) {
        append(out, bytes);
    }

    @Override
    public synchronized void stderr(ByteBuffer bytes) {
        append(err, bytes);
    }

    @Override
    public synchronized void file(String path, ByteBuffer part, boolean last) {
        append(unfinished, part);
        if (last) {
            files.put(path, unfinished.toByteArray());
            unfinished.reset();
        }
    }

    /** Returns the complete files by path. */
    public synchronized Map<String, byte[]> files() {
        return Map.copyOf(files);
    }

    public synchronized byte[] stdoutBytes() {
        return out.toByteArray();
    }

    public synchronized byte[] stderrBytes() {
        return err.toByteArray();
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

package io.neurovisor.examples;

import io.neurovisor.engine.program.OutputSink;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Keeps the beginning of a program's output, and calls back with the kept text after each part. */
final class CollectedOutput implements OutputSink {
    /** Bounds the output of a hostile guest. */
    private static final int MAX_CHARACTERS = 10_000;

    private final StringBuilder text = new StringBuilder();
    private final Consumer<String> onOutput;

    CollectedOutput(Consumer<String> onOutput) {
        this.onOutput = onOutput;
    }

    @Override
    public void stdout(ByteBuffer bytes) {
        String part = StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
        text.append(part, 0, Math.min(part.length(), MAX_CHARACTERS - text.length()));
        onOutput.accept(text.toString());
    }

    @Override
    public void stderr(ByteBuffer bytes) {
        stdout(bytes);
    }

    @Override
    public void file(String path, ByteBuffer part, boolean last) {
        // The examples write no files.
    }

    String text() {
        return text.toString();
    }
}

package io.neurovisor.cli.run;

import io.neurovisor.cli.console.FileTarget;
import io.neurovisor.engine.program.OutputSink;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** Keeps the output of a program until it has ended, for {@code --json}. The engine bounds its size. */
final class CapturedOutput implements OutputSink {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final FileTarget files;

    CapturedOutput(FileTarget files) {
        this.files = files;
    }

    @Override
    public void stdout(ByteBuffer bytes) {
        append(out, bytes);
    }

    @Override
    public void stderr(ByteBuffer bytes) {
        append(err, bytes);
    }

    @Override
    public void file(String path, ByteBuffer part, boolean last) {
        files.file(path, part, last);
    }

    byte[] stdout() {
        return out.toByteArray();
    }

    byte[] stderr() {
        return err.toByteArray();
    }

    static void append(ByteArrayOutputStream target, ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        target.writeBytes(copy);
    }
}

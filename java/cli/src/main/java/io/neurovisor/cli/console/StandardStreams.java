package io.neurovisor.cli.console;

import io.neurovisor.engine.program.OutputSink;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Serial;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Passes the output of a program on byte for byte, and its files to a target. */
public final class StandardStreams implements OutputSink {
    private final WritableByteChannel out;
    private final WritableByteChannel err;
    private final FileTarget files;

    public StandardStreams(OutputStream out, OutputStream err, FileTarget files) {
        this.out = Channels.newChannel(out);
        this.err = Channels.newChannel(err);
        this.files = files;
    }

    /** Returns a printer that writes text to stdout unchanged and throws {@link Closed} if stdout is a closed pipe. */
    public static Consumer<String> printer() {
        StandardStreams streams = new StandardStreams(
                new FileOutputStream(FileDescriptor.out), new FileOutputStream(FileDescriptor.err), (_, _, _) -> {});
        return text -> streams.stdout(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Thrown when stdout or stderr is a closed pipe, which ends the command. */
    public static final class Closed extends RuntimeException {
        @Serial
        private static final long serialVersionUID = 1L;

        private Closed(IOException cause) {
            super(cause);
        }
    }

    @Override
    public void stdout(ByteBuffer bytes) {
        write(out, bytes);
    }

    /** Returns stdout as a stream. Closing the stream does not close stdout. */
    public OutputStream stdoutStream() {
        return new OutputStream() {
            @Override
            public void write(int value) {
                stdout(ByteBuffer.wrap(new byte[] {(byte) value}));
            }

            @Override
            public void write(byte[] bytes, int offset, int count) {
                stdout(ByteBuffer.wrap(bytes, offset, count));
            }
        };
    }

    @Override
    public void stderr(ByteBuffer bytes) {
        write(err, bytes);
    }

    @Override
    public void file(String path, ByteBuffer part, boolean last) {
        files.file(path, part, last);
    }

    private static void write(WritableByteChannel stream, ByteBuffer bytes) {
        try {
            while (bytes.hasRemaining()) {
                stream.write(bytes);
            }
        } catch (IOException exception) {
            throw new Closed(exception);
        }
    }
}

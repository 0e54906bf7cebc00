package io.neurovisor.tests.hostile.guest;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteMetadata;
import io.neurovisor.proto.execution.Outcome;
import io.neurovisor.proto.guest.RefreshResponse;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A guest's side of its connection to the host, for who says what he likes: it knows just enough of HTTP/2 to be believed
 * until then. What it hears it answers by itself, in a thread of its own. Any method fails once the host has hung up.
 */
final class ForgedConnection implements AutoCloseable {
    private static final int PREFACE_BYTES = 24;
    private static final int FLOOD_BYTES = 1 << 16;
    private static final int NOBODY = -1;

    private final SocketChannel socket;
    private final Traffic traffic;
    private final ForgedWindows windows = new ForgedWindows();
    private final BlockingQueue<Integer> calls = new ArrayBlockingQueue<>(16);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch deaf = new CountDownLatch(1);
    private final Object writing = new Object();

    ForgedConnection(SocketChannel socket, Traffic traffic) {
        this.socket = requireNonNull(socket, "socket is null");
        this.traffic = requireNonNull(traffic, "traffic is null");
    }

    /** Begins to hear. */
    void listen() {
        Thread _ = Thread.startVirtualThread(this::hear);
    }

    void send(byte[]... frames) throws IOException {
        for (byte[] frame : frames) {
            send(frame, 1);
        }
    }

    /** The same for ever, that is until the host hangs up. */
    void flood(byte[] frame) throws IOException {
        int times = Math.max(1, FLOOD_BYTES / frame.length);
        byte[] many = ForgedFrames.repeat(frame, times);
        while (true) {
            send(many, times);
        }
    }

    /** Sends as an honest agent begins, up to the answer to the host's first call. */
    void begin() throws IOException {
        send(ForgedFrames.settings());
        int refresh = awaitCall();
        answer(refresh);
        say(refresh, ForgedFrames.message(RefreshResponse.getDefaultInstance()));
        end(refresh);
    }

    /** The stream of the host's next call. */
    int awaitCall() throws IOException {
        try {
            int stream = calls.take();
            if (stream == NOBODY) {
                throw new EOFException("the host has hung up");
            }
            return stream;
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", exception);
        }
    }

    void answer(int stream, String... more) throws IOException {
        send(ForgedFrames.frame(
                ForgedFrames.HEADERS,
                ForgedFrames.END_HEADERS,
                stream,
                ForgedFrames.concat(
                        ForgedFrames.block(":status", "200", "content-type", "application/grpc"),
                        ForgedFrames.block(more))));
    }

    /** Data, as far and as soon as the host lets it come. */
    void say(int stream, byte[] bytes) throws IOException {
        int sent = 0;
        while (sent < bytes.length) {
            int length = windows.take(stream, bytes.length - sent);
            byte[] part = ByteBuffer.allocate(length).put(bytes, sent, length).array();
            send(ForgedFrames.frame(ForgedFrames.DATA, 0, stream, part));
            sent += length;
        }
    }

    /** Data as far as the connection lets it come, whatever the stream. */
    void sayToNobody(int stream, byte[] bytes) throws IOException {
        int length = windows.take(0, bytes.length);
        byte[] part = ByteBuffer.allocate(length).put(bytes, 0, length).array();
        send(ForgedFrames.frame(ForgedFrames.DATA, 0, stream, part));
    }

    void say(int stream, ExecuteChunk chunk) throws IOException {
        say(stream, ForgedFrames.message(chunk));
    }

    void print(int stream, byte[] output) throws IOException {
        say(
                stream,
                ExecuteChunk.newBuilder()
                        .setStdoutBytes(ByteString.copyFrom(output))
                        .build());
    }

    /** An honest report. */
    void exit(int stream) throws IOException {
        say(
                stream,
                ExecuteChunk.newBuilder()
                        .setIsFinal(true)
                        .setMetadata(ExecuteMetadata.newBuilder().setOutcome(Outcome.COMPLETED))
                        .build());
    }

    void end(int stream) throws IOException {
        end(stream, "grpc-status", "0");
    }

    void end(int stream, String... trailers) throws IOException {
        send(ForgedFrames.headers(stream, ForgedFrames.END_HEADERS | ForgedFrames.END_STREAM, trailers));
    }

    /** The same again and again for ever, each after a second. */
    void drip(Drop drop) throws IOException {
        while (true) {
            drop.fall();
            if (awaitEnd(Duration.ofSeconds(1))) {
                throw new EOFException("the host has hung up");
            }
        }
    }

    /** What falls each second. */
    @FunctionalInterface
    interface Drop {
        void fall() throws IOException;
    }

    /** From now on it hears nothing. */
    void goDeaf() {
        deaf.countDown();
    }

    /** Whether the host has hung up by then. */
    boolean awaitEnd(Duration limit) throws IOException {
        try {
            return ended.await(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", exception);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
        // For whoever does not hear that, deaf or before a word is said.
        begun.countDown();
        ended.countDown();
    }

    private void send(byte[] frames, int count) throws IOException {
        synchronized (writing) {
            ByteBuffer buffer = ByteBuffer.wrap(frames);
            while (buffer.hasRemaining()) {
                int written = socket.write(buffer);
                traffic.sent(written);
            }
        }
        traffic.framed(count);
        begun.countDown();
    }

    private void hear() {
        try {
            read(PREFACE_BYTES);
            begun.await(); // Answers are never the first that is said.
            while (deaf.getCount() > 0) {
                hearFrame();
            }
            ended.await();
        } catch (IOException hungUp) {
            // As everything does.
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        } finally {
            ended.countDown();
            windows.close();
            boolean _ = calls.offer(NOBODY);
        }
    }

    private void hearFrame() throws IOException {
        ByteBuffer header = read(ForgedFrames.HEADER_BYTES);
        int length = Short.toUnsignedInt(header.getShort(0)) << Byte.SIZE | Byte.toUnsignedInt(header.get(2));
        int type = header.get(3);
        int flags = header.get(4);
        int stream = header.getInt(5);
        ByteBuffer payload = read(length);
        switch (type) {
            case ForgedFrames.HEADERS -> {
                boolean _ = calls.offer(stream);
            }
            case ForgedFrames.SETTINGS -> {
                if ((flags & ForgedFrames.ACK) == 0) {
                    windows.settings(payload);
                    send(ForgedFrames.frame(ForgedFrames.SETTINGS, ForgedFrames.ACK, 0, new byte[0]));
                }
            }
            case ForgedFrames.PING -> {
                if ((flags & ForgedFrames.ACK) == 0) {
                    byte[] echo = new byte[length];
                    payload.get(echo);
                    send(ForgedFrames.frame(ForgedFrames.PING, ForgedFrames.ACK, 0, echo));
                }
            }
            case ForgedFrames.WINDOW_UPDATE -> windows.update(stream, payload.getInt());
            default -> {}
        }
    }

    private ByteBuffer read(int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (socket.read(bytes) < 0) {
                throw new EOFException("the host has hung up");
            }
        }
        return bytes.flip();
    }
}

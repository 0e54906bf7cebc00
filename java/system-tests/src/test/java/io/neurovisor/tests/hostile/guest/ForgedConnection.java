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
 * The guest side of a connection that can send arbitrary bytes. It implements just enough of HTTP/2 to reach the attack; a separate
 * thread answers frames of the host. Every method fails once the host has closed the connection.
 */
final class ForgedConnection implements AutoCloseable {
    private static final int PREFACE_BYTES = 24;
    private static final int FLOOD_BYTES = 1 << 16;
    private static final int NONE = -1;

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

    /** Starts the thread that answers frames. */
    void listen() {
        Thread _ = Thread.startVirtualThread(this::hear);
    }

    void send(byte[]... frames) throws IOException {
        for (byte[] frame : frames) {
            send(frame, 1);
        }
    }

    /** Sends the frame repeatedly until the host closes the connection. */
    void flood(byte[] frame) throws IOException {
        int times = Math.max(1, FLOOD_BYTES / frame.length);
        byte[] many = ForgedFrames.repeat(frame, times);
        while (true) {
            send(many, times);
        }
    }

    /** Behaves as an honest agent up to the answer to the first call. */
    void begin() throws IOException {
        send(ForgedFrames.settings());
        int refresh = awaitCall();
        answer(refresh);
        say(refresh, ForgedFrames.message(RefreshResponse.getDefaultInstance()));
        end(refresh);
    }

    /** Waits for the next call of the host and returns its stream. */
    int awaitCall() throws IOException {
        try {
            int stream = calls.take();
            if (stream == NONE) {
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

    /** Sends data within the flow control windows. */
    void say(int stream, byte[] bytes) throws IOException {
        int sent = 0;
        while (sent < bytes.length) {
            int length = windows.take(stream, bytes.length - sent);
            byte[] part = ByteBuffer.allocate(length).put(bytes, sent, length).array();
            send(ForgedFrames.frame(ForgedFrames.DATA, 0, stream, part));
            sent += length;
        }
    }

    /** Sends data within the window of the connection, ignoring that of the stream. */
    void sayIgnoringStreamWindow(int stream, byte[] bytes) throws IOException {
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

    /** Sends a valid exit report. */
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

    /** Repeats an action every second until the host closes the connection. */
    void drip(Drop drop) throws IOException {
        while (true) {
            drop.fall();
            if (awaitEnd(Duration.ofSeconds(1))) {
                throw new EOFException("the host has hung up");
            }
        }
    }

    /** An action that is repeated every second. */
    @FunctionalInterface
    interface Drop {
        void fall() throws IOException;
    }

    /** Stops reading. */
    void goDeaf() {
        deaf.countDown();
    }

    /** Returns whether the host has closed the connection within the limit. */
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
        // Releases a thread that does not read, or has not started to.
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
            begun.await(); // The attack sends the first frame, never this thread.
            while (deaf.getCount() > 0) {
                hearFrame();
            }
            ended.await();
        } catch (IOException hungUp) {
            // The connection has ended.
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        } finally {
            ended.countDown();
            windows.close();
            boolean _ = calls.offer(NONE);
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

package io.neurovisor.tests.isolation;

import io.neurovisor.engine.vm.Vm;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** An HTTP/2 client (RFC 9113) without requests: it opens a connection, reads frames and sends GOAWAY. */
final class Http2Socket implements AutoCloseable {
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final int HEADER_BYTES = 9;
    private static final byte SETTINGS = 4;
    private static final byte GOAWAY = 7;
    private static final byte ACK = 1;

    private static final Duration LOOK_INTERVAL = Duration.ofMillis(200);

    private final SocketChannel socket;
    private final Vm vm;

    private Http2Socket(SocketChannel socket, Vm vm) {
        this.socket = socket;
        this.vm = vm;
    }

    /** @param vm whose agent listens there; a frame is waited for no longer than it lives */
    static Http2Socket connect(Path path, Vm vm) throws IOException {
        Http2Socket client = new Http2Socket(SocketChannel.open(UnixDomainSocketAddress.of(path)), vm);
        client.socket.write(ByteBuffer.wrap(PREFACE.getBytes(StandardCharsets.US_ASCII)));
        client.send(SETTINGS, ByteBuffer.allocate(0));
        return client;
    }

    /** Sends GOAWAY and keeps the socket open. */
    void sayGoodBye() throws IOException {
        send(GOAWAY, ByteBuffer.allocate(8));
    }

    /** Waits for the next frame and returns its name. */
    String frame() throws IOException {
        ByteBuffer header = read(HEADER_BYTES);
        int length = header.getShort(0) << 8 | Byte.toUnsignedInt(header.get(2));
        byte type = header.get(3);
        boolean answered = header.get(4) == ACK;
        read(length);
        return switch (type) {
            case SETTINGS -> answered ? "SETTINGS answered" : "SETTINGS";
            case GOAWAY -> "GOAWAY";
            default -> "type " + type;
        };
    }

    /** Returns the frames that arrive until the connection has been silent for the given time. */
    List<String> framesWithin(Duration silence) throws IOException {
        List<String> frames = new ArrayList<>();
        while (isReadableWithin(silence)) {
            frames.add(frame());
        }
        return frames;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private boolean isReadableWithin(Duration limit) throws IOException {
        try (Selector selector = Selector.open()) {
            socket.configureBlocking(false);
            socket.register(selector, SelectionKey.OP_READ);
            return selector.select(limit.toMillis()) > 0;
        } finally {
            socket.configureBlocking(true);
        }
    }

    private void send(byte type, ByteBuffer payload) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(HEADER_BYTES + payload.remaining());
        frame.put((byte) 0)
                .putShort((short) payload.remaining())
                .put(type)
                .put((byte) 0)
                .putInt(0);
        socket.write(frame.put(payload).flip());
    }

    private ByteBuffer read(int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            // A VMM whose guest has ended keeps its sockets open.
            while (!isReadableWithin(LOOK_INTERVAL)) {
                if (vm.death().isPresent()) {
                    throw new IOException(vm.death().get());
                }
            }
            if (socket.read(bytes) < 0) {
                throw new IOException("the agent hung up");
            }
        }
        return bytes.flip();
    }
}

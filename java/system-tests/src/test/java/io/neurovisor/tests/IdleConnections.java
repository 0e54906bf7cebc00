package io.neurovisor.tests;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Connections of strangers who ask for nothing and never read. */
public final class IdleConnections implements Closeable {
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    /** Of length nothing, on stream nothing. */
    private static final byte[] SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};

    private final InetSocketAddress server;
    private final List<SocketChannel> connections = new ArrayList<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().factory());

    public IdleConnections(int port) {
        this.server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    public void openSilent(int count) throws IOException {
        for (int number = 0; number < count; number++) {
            SocketChannel _ = connect();
        }
    }

    /** Each begins HTTP/2 as it should. */
    public void openHttp2(int count) throws IOException {
        for (int number = 0; number < count; number++) {
            SocketChannel connection = connect();
            connection.write(ByteBuffer.wrap(PREFACE));
            connection.write(ByteBuffer.wrap(SETTINGS));
        }
    }

    /** Each sends a byte of what HTTP/2 begins with in a second, and then goes on with settings, a byte in a second. */
    public void openDribbling(int count) throws IOException {
        for (int number = 0; number < count; number++) {
            SocketChannel connection = connect();
            Dribble dribble = new Dribble(connection);
            ScheduledFuture<?> _ = timer.scheduleAtFixedRate(dribble, 0, 1, TimeUnit.SECONDS);
        }
    }

    /** How many the server has not hung up on. */
    public int open() throws IOException {
        int open = 0;
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        for (SocketChannel connection : connections) {
            open += isOpen(connection, buffer.clear()) ? 1 : 0;
        }
        return open;
    }

    private SocketChannel connect() throws IOException {
        SocketChannel connection = SocketChannel.open(server);
        connection.configureBlocking(false);
        connections.add(connection);
        return connection;
    }

    private static boolean isOpen(SocketChannel connection, ByteBuffer buffer) {
        try {
            int count = connection.read(buffer);
            while (count > 0) {
                count = connection.read(buffer.clear());
            }
            return count == 0;
        } catch (IOException reset) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        timer.shutdownNow();
        for (SocketChannel connection : connections) {
            connection.close();
        }
    }

    private static final class Dribble implements Runnable {
        private final SocketChannel connection;
        private int sent;

        Dribble(SocketChannel connection) {
            this.connection = connection;
        }

        @Override
        public void run() {
            byte next = sent < PREFACE.length ? PREFACE[sent] : SETTINGS[(sent - PREFACE.length) % SETTINGS.length];
            try {
                sent += connection.write(ByteBuffer.wrap(new byte[] {next}));
            } catch (IOException closed) {
                throw new IllegalStateException("the server has hung up: this task ends", closed);
            }
        }
    }
}

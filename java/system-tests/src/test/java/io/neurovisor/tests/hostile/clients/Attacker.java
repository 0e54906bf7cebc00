package io.neurovisor.tests.hostile.clients;

import static java.util.Objects.requireNonNull;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.neurovisor.testkit.RawHttp2;
import io.neurovisor.tests.fixtures.IdleConnections;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;

/** A client that makes one attack. Its connections stay open until it is closed. */
final class Attacker implements AutoCloseable {
    private static final int READ_LIMIT_MILLIS = 60_000;

    private final AttackedDaemon daemon;
    private final Deque<Closeable> opened = new ConcurrentLinkedDeque<>();

    Attacker(AttackedDaemon daemon) {
        this.daemon = requireNonNull(daemon, "daemon is null");
    }

    AttackedDaemon daemon() {
        return daemon;
    }

    /** Opens a connection without a key. */
    ManagedChannel channel() {
        ManagedChannel channel = daemon.connect();
        opened.push(channel::shutdownNow);
        return channel;
    }

    /** Opens a connection with a key. */
    Channel channel(KeyHolder holder) {
        return bearing(channel(), "Bearer " + daemon.secret(holder));
    }

    /** Opens a connection to the Unix socket. */
    ManagedChannel channelToSocket() {
        ManagedChannel channel = daemon.connectToSocket();
        opened.push(channel::shutdownNow);
        return channel;
    }

    /** Returns a channel on the same connection whose calls have these authorization headers. */
    static Channel bearing(Channel channel, String... authorization) {
        Metadata headers = new Metadata();
        for (String value : authorization) {
            headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), value);
        }
        return with(channel, headers);
    }

    static Channel with(Channel channel, Metadata headers) {
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    Socket socket() throws IOException {
        return connect(daemon.port());
    }

    Socket statusSocket() throws IOException {
        return connect(daemon.statusPort());
    }

    /** Opens a connection to the TCP port that the attack closes itself. */
    Socket unownedSocket() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), daemon.port());
    }

    private Socket connect(int port) throws IOException {
        Socket socket = own(new Socket(InetAddress.getLoopbackAddress(), port));
        socket.setSoTimeout(READ_LIMIT_MILLIS);
        return socket;
    }

    RawHttp2 http2() throws IOException {
        return own(new RawHttp2(daemon.port()));
    }

    IdleConnections idleConnections() {
        return own(new IdleConnections(daemon.port()));
    }

    <C extends Closeable> C own(C connection) {
        opened.push(connection);
        return connection;
    }

    @Override
    public void close() throws IOException {
        for (Closeable connection : opened) {
            connection.close();
        }
    }
}

package io.neurovisor.server.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.ChannelGroupFuture;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.neurovisor.server.access.ConnectionLimit;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Serves HTTP/1.1 on a TCP port, with one request per connection and a virtual thread for each. */
public final class HttpPort implements AutoCloseable {
    private static final int THREADS = 2;

    private final HttpPages pages;
    private final HttpLimits limits;
    private final Optional<SslContext> tls;
    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(THREADS, new DefaultThreadFactory("http", true), NioIoHandler.newFactory());
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final Channel listener;

    private HttpPort(InetSocketAddress address, Optional<SslContext> tls, HttpPages pages, HttpLimits limits)
            throws IOException {
        this.pages = pages;
        this.limits = limits;
        this.tls = tls;
        this.listener = listen(address);
    }

    /**
     * Opens the port; connections wait until {@link #serve}.
     *
     * @param tls empty for plain text
     * @throws IOException if the port cannot be opened
     */
    public static HttpPort open(InetSocketAddress address, Optional<SslContext> tls, HttpPages pages, HttpLimits limits)
            throws IOException {
        return new HttpPort(address, tls, pages, limits);
    }

    private Channel listen(InetSocketAddress address) throws IOException {
        ConnectionLimit limit =
                new ConnectionLimit(limits.connections(), limits.connectionsOfAddress(), HttpPort::isIdle);
        ChannelFuture bound = new ServerBootstrap()
                .group(loop)
                .channelFactory(() -> {
                    NioServerSocketChannel channel = new NioServerSocketChannel();
                    channel.config().setAutoRead(false);
                    channel.pipeline().addFirst(limit);
                    return channel;
                })
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel connection) {
                        prepare(connection);
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            stopLoop();
            throw bound.cause() instanceof IOException failure
                    ? failure
                    : new IOException("cannot be opened", bound.cause());
        }
        return bound.channel();
    }

    private void prepare(Channel connection) {
        connections.add(connection);
        tls.ifPresent(context -> {
            SslHandler encryption = context.newHandler(connection.alloc());
            encryption.setHandshakeTimeoutMillis(limits.head().toMillis());
            connection.pipeline().addLast(encryption);
        });
        connection.pipeline().addLast(new HttpServerCodec(), new HttpConnection(pages, limits, executor));
    }

    private static boolean isIdle(Channel channel) {
        HttpConnection connection = channel.pipeline().get(HttpConnection.class);
        return connection == null || connection.isIdle();
    }

    public void serve() {
        listener.config().setAutoRead(true);
    }

    /** Returns the address, with the port that the kernel has chosen for port 0. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    /** Closes every connection and interrupts the threads that handle requests. */
    @Override
    public void close() {
        ChannelFuture _ = listener.close().awaitUninterruptibly();
        ChannelGroupFuture _ = connections.close();
        executor.shutdownNow();
        stopLoop();
    }

    private void stopLoop() {
        Future<?> _ = loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }
}

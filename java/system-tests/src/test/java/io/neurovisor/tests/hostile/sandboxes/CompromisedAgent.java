package io.neurovisor.tests.hostile.sandboxes;

import static java.util.Objects.requireNonNull;

import io.grpc.BindableService;
import io.grpc.ForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.util.concurrent.Future;
import io.neurovisor.proto.guest.GuestServiceGrpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** An agent on a Unix socket that answers by the services of an attack. {@link #close} has the effect of killing a VMM. */
final class CompromisedAgent implements AutoCloseable {
    private final EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Queue<Channel> connections = new ConcurrentLinkedQueue<>();
    private final CountDownLatch clockSet = new CountDownLatch(1);
    private final Path socket;
    private final Server server;

    private CompromisedAgent(Path socket, List<BindableService> services) throws IOException {
        this.socket = requireNonNull(socket, "socket is null");
        NettyServerBuilder builder = NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelFactory(this::listening)
                .bossEventLoopGroup(eventLoop)
                .workerEventLoopGroup(eventLoop)
                .intercept(new ClockWatch(clockSet));
        services.forEach(builder::addService);
        this.server = builder.build().start();
    }

    static CompromisedAgent start(Path socket, List<BindableService> services) throws IOException {
        return new CompromisedAgent(socket, services);
    }

    Path socket() {
        return socket;
    }

    /** Waits until the host has set the clock, which it does once a sandbox runs; then it makes no call of its own for minutes. */
    void awaitIdle() {
        try {
            if (!clockSet.await(1, TimeUnit.MINUTES)) {
                throw new AssertionError("the clock was not set");
            }
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", exception);
        }
    }

    /** Writes raw frames between those of the HTTP/2 stack; returns whether the host accepted them. */
    boolean write(byte[] frames) {
        ChannelHandlerContext outermost = connections.element().pipeline().firstContext();
        return outermost != null
                && outermost
                        .writeAndFlush(Unpooled.wrappedBuffer(frames))
                        .awaitUninterruptibly()
                        .isSuccess();
    }

    /** Closes the connections and goes on listening. */
    void hangUp() {
        connections.forEach(connection -> connection.close().awaitUninterruptibly());
    }

    @Override
    public void close() {
        server.shutdownNow();
        Future<?> _ = eventLoop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        try {
            boolean _ = Files.deleteIfExists(socket);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Returns a server channel that records accepted connections. */
    private ServerChannel listening() {
        NioServerDomainSocketChannel channel = new NioServerDomainSocketChannel();
        channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object accepted) {
                connections.add((Channel) accepted);
                context.fireChannelRead(accepted);
            }
        });
        return channel;
    }

    /** Notices the answer to the call that sets the clock. */
    private record ClockWatch(CountDownLatch clockSet) implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            return next.startCall(
                    new ForwardingServerCall.SimpleForwardingServerCall<>(call) {
                        @Override
                        public void close(Status status, Metadata trailers) {
                            super.close(status, trailers);
                            if (call.getMethodDescriptor().equals(GuestServiceGrpc.getSetClockMethod())) {
                                clockSet.countDown();
                            }
                        }
                    },
                    headers);
        }
    }
}

package io.neurovisor.host.guestlink;

import io.grpc.netty.NettyChannelBuilder;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.host.guestlink.wire.FrameLimit;
import io.neurovisor.host.guestlink.wire.GuestRateLimit;
import io.neurovisor.host.guestlink.wire.VsockHandshake;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Opens guest channels, which share one event loop. */
public final class GuestLinks implements AutoCloseable {
    /**
     * The size limit of a guest's message: an output chunk has 64 KiB. A message that arrives one byte per frame takes
     * a hundred times as much memory, which this limit bounds.
     */
    private static final int MAX_MESSAGE_BYTES = 128 << 10;

    /**
     * The unread data that a guest may send, in all: 64 KiB for each of several streams whose clients read slowly. Fixed,
     * because gRPC would let it grow to 8 MiB depending on the guest's answers.
     */
    private static final int WINDOW_BYTES = 1 << 20;

    private static final int MAX_METADATA_BYTES = 8192;

    /**
     * Loggers of gRPC's client, which would copy any reason that a guest gives to the log and the terminal, and log
     * each go-away, unexpected ping reply and data of a finished call. Referenced here, because loggers that are
     * garbage-collected lose their levels.
     */
    private static final List<Logger> CLIENT_LOGS = List.of(
            Logger.getLogger("io.grpc.netty.NettyClientHandler"),
            Logger.getLogger("io.grpc.internal.AbstractClientStream"));

    static {
        CLIENT_LOGS.forEach(log -> log.setLevel(Level.OFF));
    }

    private final EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("guest-links", true), NioIoHandler.newFactory());
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final InstantSource clock;

    /** @param clock the clock by which guests are set */
    public GuestLinks(InstantSource clock) {
        this.clock = clock;
    }

    /** Returns the channel of a Unix socket; its first call makes the connection. */
    public GuestChannel open(Path socket, GuestRateLimit rateLimit) {
        return open(socket, rateLimit, closing -> {});
    }

    /**
     * Returns the channel of a Unix socket; its first call makes the connection.
     *
     * @param rateLimit the rate limit of the guest over all its connections
     * @param onClose receives the time once, immediately before the channel is closed
     */
    public GuestChannel open(Path socket, GuestRateLimit rateLimit, Consumer<Instant> onClose) {
        return open(socket, rateLimit, _ -> {}, onClose);
    }

    /**
     * Returns the channel to a port of a guest's vsock.
     *
     * @param socket the socket at which Firecracker accepts requests for connections
     * @param acceptance the time that the guest may take to accept a connection
     * @param onOpen receives the end of each connection that is made
     */
    public GuestChannel openVsock(
            Path socket, int port, Duration acceptance, GuestRateLimit rateLimit, Consumer<ChannelFuture> onOpen) {
        return open(
                socket,
                rateLimit,
                pipeline -> {
                    pipeline.addFirst(new VsockHandshake(port, acceptance));
                    onOpen.accept(pipeline.channel().closeFuture());
                },
                closing -> {});
    }

    /** Returns a bootstrap for connections to Unix sockets other than a guest agent's. */
    public Bootstrap unixSockets() {
        return new Bootstrap().group(eventLoop).channelFactory(NioDomainSocketChannel::new);
    }

    /** @param handshake adds what comes before HTTP/2 */
    private GuestChannel open(
            Path socket, GuestRateLimit rateLimit, Consumer<ChannelPipeline> handshake, Consumer<Instant> onClose) {
        CompletableFuture<GrpcGuestChannel> opened = new CompletableFuture<>();
        ChannelFactory<Channel> channels = () -> {
            Channel channel = new NioDomainSocketChannel();
            channel.pipeline()
                    .addFirst(new FrameLimit(
                            rateLimit, WINDOW_BYTES, what -> opened.join().violated(what)));
            handshake.accept(channel.pipeline());
            return channel;
        };
        GrpcGuestChannel guest = new GrpcGuestChannel(
                NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                        .channelFactory(channels, UnixDomainSocketAddress.class)
                        .eventLoopGroup(eventLoop)
                        .executor(executor)
                        .usePlaintext()
                        .overrideAuthority("guest")
                        .flowControlWindow(WINDOW_BYTES)
                        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                        .maxInboundMetadataSize(MAX_METADATA_BYTES)
                        .disableRetry()
                        // The connection lasts as long as the machine and must not be closed when it is idle.
                        .idleTimeout(Integer.MAX_VALUE, TimeUnit.SECONDS)
                        .build(),
                clock,
                onClose);
        opened.complete(guest);
        return guest;
    }

    /**
     * Returns immediately; the threads end by themselves. Waiting for them would take a third of a second at each exit.
     */
    @Override
    public void close() {
        Future<?> _ = eventLoop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        executor.shutdownNow();
    }
}

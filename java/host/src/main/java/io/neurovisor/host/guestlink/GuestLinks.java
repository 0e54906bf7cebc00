package io.neurovisor.host.guestlink;

import static java.util.Objects.requireNonNull;

import io.grpc.netty.NettyChannelBuilder;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.neurovisor.engine.guest.GuestChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Opens guest channels; all of them share one event loop. */
public final class GuestLinks implements AutoCloseable {
    /**
     * Messages of a guest: an output chunk is 64 KiB. A guest that sends a message byte by byte, each in a frame, has its host
     * hold a hundred times as much, of which this is the bound.
     */
    private static final int MAX_MESSAGE_BYTES = 128 << 10;

    /** What a guest may send that nobody has read. Fixed, because gRPC would let it grow to 8 MiB by the guest's own answers. */
    private static final int WINDOW_BYTES = 128 << 10;

    private static final int MAX_METADATA_BYTES = 8192;

    /**
     * Of gRPC's client, which would repeat to the log, and so to a terminal, whatever a guest gives as a reason, and has a line
     * for each good-bye, each answer to a ping that there was not, all data of a call that is over. Held here, or they would be
     * forgotten with their levels.
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

    /** @param clock what guests set their clocks by */
    public GuestLinks(InstantSource clock) {
        this.clock = requireNonNull(clock, "clock is null");
    }

    /**
     * The channel behind a Unix socket; the connection is made by its first call.
     *
     * @param bucket of the guest, whatever connections it has
     */
    public GuestChannel open(Path socket, GuestRateLimit bucket) {
        return open(socket, () -> limited(new NioDomainSocketChannel(), bucket));
    }

    /**
     * The same by a port of a guest's vsock.
     *
     * @param socket on which Firecracker is asked for connections
     * @param acceptance how long the guest may take to accept one
     */
    public GuestChannel openVsock(Path socket, int port, Duration acceptance, GuestRateLimit bucket) {
        return open(socket, () -> {
            Channel channel = limited(new NioDomainSocketChannel(), bucket);
            channel.pipeline().addFirst(new VsockHandshake(port, acceptance));
            return channel;
        });
    }

    private static Channel limited(Channel channel, GuestRateLimit bucket) {
        channel.pipeline().addFirst(new FrameLimit(bucket));
        return channel;
    }

    /** How connections by Unix sockets are made that are not to a guest's agent. */
    public Bootstrap unixSockets() {
        return new Bootstrap().group(eventLoop).channelFactory(NioDomainSocketChannel::new);
    }

    private GuestChannel open(Path socket, ChannelFactory<Channel> channels) {
        return new GrpcGuestChannel(
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
                        // One connection for the machine's life: an idle one must not be hung up.
                        .idleTimeout(Integer.MAX_VALUE, TimeUnit.SECONDS)
                        .build(),
                clock);
    }

    /** Returns at once; the threads end by themselves. Waiting for them costs a third of a second at each exit. */
    @Override
    public void close() {
        Future<?> _ = eventLoop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        executor.shutdownNow();
    }
}

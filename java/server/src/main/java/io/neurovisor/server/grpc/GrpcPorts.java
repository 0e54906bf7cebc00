package io.neurovisor.server.grpc;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.PortHolder;
import io.neurovisor.server.access.CallLimits;
import io.neurovisor.server.access.ConnectionLimit;
import io.neurovisor.server.access.PeerUsers;
import io.neurovisor.server.grpc.guard.InboundMemory;
import io.neurovisor.server.grpc.guard.OutboundMemory;
import io.neurovisor.server.grpc.guard.PendingResponses;
import io.neurovisor.server.grpc.guard.RequestGuard;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Serves the same services on a TCP port and on a Unix socket. Both are opened by {@code listen}; connections are accepted from
 * {@link #serve} on.
 */
public final class GrpcPorts implements AutoCloseable {
    /** The limit for code, standard input and files of one execution. */
    private static final int MAX_MESSAGE_BYTES = 80 << 20;

    private static final int MAX_METADATA_BYTES = 16 << 10;

    /** Announced to clients by HTTP/2, so that they wait before they start further calls. */
    static final int MAX_CALLS_OF_A_CONNECTION = 256;

    /** Leaves descriptors for machines and files where a process may open only 4096. */
    private static final int MAX_TCP_CONNECTIONS = 3000;

    /** The interval of the search for clients that do not read. */
    private static final Duration UNREAD_CHECK_INTERVAL = Duration.ofSeconds(1);

    /** Exceeds the limit of calls without a key, so that some connections of keyless clients are always idle and can be closed. */
    static final int MAX_CONNECTIONS_OF_AN_ADDRESS = 1000;

    /** Far below a rapid-reset attack, and above what a client causes that cancels all its calls several times. */
    static final int MAX_RESETS = 1000;

    private static final int RESET_WINDOW_SECONDS = 30;

    /** The longest time that a call may wait and run, so that the age limit of a connection never ends a program. */
    private static final Duration CONNECTION_GRACE = ExecutionRequest.MAX_TIMEOUT.multipliedBy(2);

    /** The limit for connections to close after all calls have ended. */
    private static final Duration LAST_CONNECTIONS = Duration.ofSeconds(5);

    private final GrpcThreads threads = new GrpcThreads();
    private final List<ServerServiceDefinition> services;
    private final List<ServerInterceptor> interceptors;
    private final InboundMemory memory;
    private final PendingResponses responses;
    private final ClientTimeouts timeouts;
    private final ConnectionLimit connections;
    private final List<Server> servers = new ArrayList<>();
    private final List<ServerChannel> channels = new CopyOnWriteArrayList<>();

    /**
     * Creates the ports without opening them.
     *
     * @param interceptors the first one sees a call first
     * @param sendTimeout how long a client may leave sent data unread
     */
    public GrpcPorts(List<BindableService> services, List<ServerInterceptor> interceptors, Duration sendTimeout) {
        this(
                services,
                interceptors,
                InboundMemory.ofThisProcess(),
                new CallLimits(),
                ClientTimeouts.STANDARD,
                new PendingResponses(OutboundMemory.ofThisProcess(), sendTimeout, Ticker.SYSTEM));
        Future<?> _ = threads.workers()
                .scheduleWithFixedDelay(
                        responses::endUnread,
                        UNREAD_CHECK_INTERVAL.toMillis(),
                        UNREAD_CHECK_INTERVAL.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    GrpcPorts(
            List<BindableService> services,
            List<ServerInterceptor> interceptors,
            InboundMemory memory,
            CallLimits limits,
            ClientTimeouts timeouts,
            PendingResponses responses) {
        RequestGuard guard = new RequestGuard(limits, threads.workers(), timeouts.request(), MAX_MESSAGE_BYTES);
        this.services = services.stream().map(guard::guarded).toList();
        this.interceptors = List.copyOf(interceptors);
        this.memory = memory;
        this.connections = new ConnectionLimit(
                MAX_TCP_CONNECTIONS,
                MAX_CONNECTIONS_OF_AN_ADDRESS,
                connection -> !limits.isServed(connection.remoteAddress()));
        this.timeouts = timeouts;
        this.responses = responses;
    }

    /**
     * Opens a TCP port, encrypted if {@code tls} is present. Returns its number, which the kernel chooses if {@code address} has
     * port 0.
     */
    public int listen(InetSocketAddress address, Optional<SslContext> tls) {
        NettyServerBuilder builder = NettyServerBuilder.forAddress(address).channelFactory(() -> {
            NioServerSocketChannel channel = waiting(new NioServerSocketChannel());
            channel.pipeline().addFirst(connections);
            return channel;
        });
        tls.ifPresent(builder::sslContext);
        try {
            return start(builder).getPort();
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.PORT_UNUSABLE,
                    new PortHolder(HostFiles.SYSTEM).explain(address, exception)
                            + "; choose another with --port, or another address with --listen",
                    exception);
        }
    }

    /** Opens a Unix socket that only the user of this process and root can use. */
    public void listen(Path socket) {
        try {
            listen(socket, PeerUsers.ownAndRoot());
        } catch (IOException exception) {
            throw unusable(socket, exception);
        }
    }

    /** @param users may connect to the socket */
    void listen(Path socket, PeerUsers users) {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(socket);
        try {
            PeerCheck check = new PeerCheck(socket, users);
            NettyServerBuilder builder = NettyServerBuilder.forAddress(address, PeerNegotiator.credentials())
                    .channelFactory(() -> {
                        NioServerDomainSocketChannel channel = waiting(new NioServerDomainSocketChannel());
                        channel.pipeline().addFirst(check);
                        return channel;
                    });
            Server _ = start(builder);
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException exception) {
            throw unusable(socket, exception);
        }
    }

    private static NeuroVisorException unusable(Path socket, IOException exception) {
        return new NeuroVisorException(
                Fault.PORT_UNUSABLE,
                "socket " + socket + " cannot be served (" + StorageFaults.reason(exception)
                        + "); choose another with --socket",
                exception);
    }

    /** Makes the kernel queue connections until {@link #serve}. */
    private <C extends ServerChannel> C waiting(C channel) {
        channel.config().setAutoRead(false);
        channels.add(channel);
        return channel;
    }

    public void serve() {
        channels.forEach(channel -> channel.config().setAutoRead(true));
    }

    /** Opens the services for calls of this process, and returns the channel for these. */
    public ManagedChannel inProcess() {
        String name = "neurovisor-" + UUID.randomUUID();
        try {
            Server _ = serve(InProcessServerBuilder.forName(name));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return InProcessChannelBuilder.forName(name)
                .executor(threads.calls())
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .build();
    }

    private Server start(NettyServerBuilder builder) throws IOException {
        builder.bossEventLoopGroup(threads.acceptors())
                .workerEventLoopGroup(threads.workers())
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .maxInboundMetadataSize(MAX_METADATA_BYTES)
                .maxConcurrentCallsPerConnection(MAX_CALLS_OF_A_CONNECTION)
                .handshakeTimeout(10, TimeUnit.SECONDS)
                // A program may be silent for hours, so both sides may check that the connection is alive.
                .permitKeepAliveTime(5, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .keepAliveTime(30, TimeUnit.SECONDS)
                .keepAliveTimeout(20, TimeUnit.SECONDS)
                .maxConnectionIdle(15, TimeUnit.MINUTES)
                .maxConnectionAge(timeouts.connection().toSeconds(), TimeUnit.SECONDS)
                .maxConnectionAgeGrace(CONNECTION_GRACE.toSeconds(), TimeUnit.SECONDS)
                .maxRstFramesPerWindow(MAX_RESETS, RESET_WINDOW_SECONDS);
        return serve(builder);
    }

    private Server serve(ServerBuilder<?> builder) throws IOException {
        builder.executor(threads.calls()).addStreamTracerFactory(memory).addStreamTracerFactory(responses);
        services.forEach(builder::addService);
        // The interceptor that is added last sees a call first.
        interceptors.reversed().forEach(builder::intercept);
        builder.intercept(responses);
        Server server = builder.build().start();
        servers.add(server);
        return server;
    }

    /**
     * Returns when every event loop and the executor of calls have run a task.
     *
     * @throws NeuroVisorException if one of them does not do so within the limit
     */
    public void checkAlive(Duration limit) {
        threads.checkAlive(limit);
    }

    EventLoopGroup workers() {
        return threads.workers();
    }

    /** Stops accepting calls. Running calls continue. */
    public void stopAccepting() {
        servers.forEach(Server::shutdown);
    }

    /** Waits until all calls have ended. Returns false if the deadline passes first. */
    public boolean awaitEnd(Deadline deadline) throws InterruptedException {
        for (Server server : servers) {
            if (!server.awaitTermination(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
                return false;
            }
        }
        return true;
    }

    public void stopNow() {
        servers.forEach(Server::shutdownNow);
    }

    @Override
    public void close() {
        stopNow();
        threads.calls().close();
        awaitConnections();
        threads.close();
    }

    /** The event loop of a connection releases the buffers that were read but not decoded after it has noticed the close. */
    private void awaitConnections() {
        try {
            boolean _ = awaitEnd(Deadline.after(LAST_CONNECTIONS, Ticker.SYSTEM));
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }
}

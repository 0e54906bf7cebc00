package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.PortHolder;
import io.neurovisor.server.access.CallLimits;
import io.neurovisor.server.access.ConnectionLimit;
import io.neurovisor.server.access.PeerUsers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The same services on a TCP port and on a Unix socket, which are taken before anybody is served. */
public final class GrpcPorts implements AutoCloseable {
    /** Code, standard input and files of one execution. */
    private static final int MAX_MESSAGE_BYTES = 80 << 20;

    private static final int MAX_METADATA_BYTES = 16 << 10;

    /** Clients wait with further calls, as HTTP/2 asks them to. */
    static final int MAX_CALLS_OF_A_CONNECTION = 256;

    /** A system that is sparing gives a process 4096 descriptors: the rest is for machines and files. */
    private static final int MAX_TCP_CONNECTIONS = 3000;

    /** How often clients that do not read are looked for. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** More than calls without a key, so that some of the connections that keyless clients hold open are idle. */
    static final int MAX_CONNECTIONS_OF_AN_ADDRESS = 1000;

    /** Rapid resets come by the thousand; a client that cancels all of its calls a few times stays below. */
    static final int MAX_RESETS = 1000;

    private static final int RESET_WINDOW_SECONDS = 30;

    /** As long as a call may wait and run, so that the age of its connection ends no program. */
    private static final Duration CONNECTION_GRACE = ExecutionRequest.MAX_TIMEOUT.multipliedBy(2);

    /** For connections that are closed when all calls have ended. */
    private static final Duration LAST_CONNECTIONS = Duration.ofSeconds(5);

    /**
     * The times that clients have.
     *
     * @param request until a request has arrived whole
     * @param connection until a connection takes no further calls
     */
    record Patience(Duration request, Duration connection) {
        /** So the longest request may be sent at 5.6 Mbit/s. */
        static final Patience STANDARD = new Patience(Duration.ofMinutes(2), Duration.ofHours(1));
    }

    private final EventLoopGroup acceptors = loop("grpc-accept", 1);
    private final EventLoopGroup workers =
            loop("grpc", Math.max(2, Runtime.getRuntime().availableProcessors()));
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final List<ServerServiceDefinition> services;
    private final List<ServerInterceptor> interceptors;
    private final InboundMemory memory;
    private final Answers answers;
    private final Patience patience;
    private final ConnectionLimit connections;
    private final List<Server> servers = new ArrayList<>();
    private final List<ServerChannel> channels = new CopyOnWriteArrayList<>();

    /**
     * Services behind these interceptors, of which the first sees a call first.
     *
     * @param sendPatience with a client that does not read what is sent to it
     */
    public GrpcPorts(List<BindableService> services, List<ServerInterceptor> interceptors, Duration sendPatience) {
        this(
                services,
                interceptors,
                InboundMemory.ofThisProcess(),
                new CallLimits(),
                Patience.STANDARD,
                new Answers(AnswerMemory.ofThisProcess(), sendPatience, Ticker.SYSTEM));
        Future<?> _ = workers.scheduleWithFixedDelay(
                answers::endUnread, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }

    GrpcPorts(
            List<BindableService> services,
            List<ServerInterceptor> interceptors,
            InboundMemory memory,
            CallLimits limits,
            Patience patience,
            Answers answers) {
        RequestGuard guard = new RequestGuard(limits, workers, patience.request(), MAX_MESSAGE_BYTES);
        this.services = services.stream().map(guard::guarded).toList();
        this.interceptors = List.copyOf(interceptors);
        this.memory = requireNonNull(memory, "memory is null");
        this.connections = new ConnectionLimit(
                MAX_TCP_CONNECTIONS,
                MAX_CONNECTIONS_OF_AN_ADDRESS,
                connection -> !limits.isServed(connection.remoteAddress()));
        this.patience = requireNonNull(patience, "patience is null");
        this.answers = requireNonNull(answers, "answers is null");
    }

    /**
     * Takes connections there, with encryption where a context for it is given. Returns the port, which the machine has chosen if it was to be any.
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

    /** The same for the user whose process this is, and root, on a socket that nobody else may open. */
    public void listen(Path socket) {
        try {
            listen(socket, PeerUsers.ownAndRoot());
        } catch (IOException exception) {
            throw unusable(socket, exception);
        }
    }

    /** @param users who may connect there */
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
                "socket " + socket + " cannot be served (" + exception.getMessage() + "); choose another with --socket",
                exception);
    }

    /** The kernel takes connections, and nobody looks at them before {@link #serve}. */
    private <C extends ServerChannel> C waiting(C channel) {
        channel.config().setAutoRead(false);
        channels.add(channel);
        return channel;
    }

    /** Answers from now on where it listens; who has connected before has waited. */
    public void serve() {
        channels.forEach(channel -> channel.config().setAutoRead(true));
    }

    private Server start(NettyServerBuilder builder) throws IOException {
        builder.bossEventLoopGroup(acceptors)
                .workerEventLoopGroup(workers)
                .executor(executor)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .addStreamTracerFactory(memory)
                .addStreamTracerFactory(answers)
                .maxInboundMetadataSize(MAX_METADATA_BYTES)
                .maxConcurrentCallsPerConnection(MAX_CALLS_OF_A_CONNECTION)
                .handshakeTimeout(10, TimeUnit.SECONDS)
                // A program may be silent for hours: a client may ask whether the connection lives, and so do we.
                .permitKeepAliveTime(5, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .keepAliveTime(30, TimeUnit.SECONDS)
                .keepAliveTimeout(20, TimeUnit.SECONDS)
                .maxConnectionIdle(15, TimeUnit.MINUTES)
                .maxConnectionAge(patience.connection().toSeconds(), TimeUnit.SECONDS)
                .maxConnectionAgeGrace(CONNECTION_GRACE.toSeconds(), TimeUnit.SECONDS)
                .maxRstFramesPerWindow(MAX_RESETS, RESET_WINDOW_SECONDS);
        services.forEach(builder::addService);
        // The one that is added last sees a call first.
        interceptors.reversed().forEach(builder::intercept);
        builder.intercept(answers);
        Server server = builder.build().start();
        servers.add(server);
        return server;
    }

    /**
     * Returns when every thread that serves connections and the executor of calls have each run a task.
     *
     * @throws NeuroVisorException when one of them does not within the limit
     */
    public void checkAlive(Duration limit) {
        Deadline deadline = Deadline.after(limit, Ticker.SYSTEM);
        List<Future<?>> tasks = new ArrayList<>();
        acceptors.forEach(thread -> tasks.add(thread.submit(() -> {})));
        workers.forEach(thread -> tasks.add(thread.submit(() -> {})));
        tasks.add(executor.submit(() -> {}));
        try {
            for (Future<?> task : tasks) {
                task.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
            }
        } catch (TimeoutException | ExecutionException exception) {
            throw new NeuroVisorException(
                    Fault.INTERNAL,
                    "a thread that serves gRPC has not run a task within " + limit.toMillis() + " ms",
                    exception);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new NeuroVisorException(Fault.INTERRUPTED, "the check of gRPC was interrupted", exception);
        }
    }

    /** The threads that serve connections. */
    EventLoopGroup workers() {
        return workers;
    }

    /** Takes no more calls. Those that are served go on. */
    public void stopAccepting() {
        servers.forEach(Server::shutdown);
    }

    /** Waits for the calls that are served; false when the deadline came first. */
    public boolean awaitEnd(Deadline deadline) throws InterruptedException {
        for (Server server : servers) {
            if (!server.awaitTermination(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
                return false;
            }
        }
        return true;
    }

    /** Cancels the calls that are served. */
    public void stopNow() {
        servers.forEach(Server::shutdownNow);
    }

    @Override
    public void close() {
        stopNow();
        executor.close();
        awaitConnections();
        for (EventLoopGroup loop : List.of(acceptors, workers)) {
            Future<?> _ = loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        }
    }

    /** What a connection has read and not decoded is given back when its end has been noticed, by the thread that serves it. */
    private void awaitConnections() {
        try {
            boolean _ = awaitEnd(Deadline.after(LAST_CONNECTIONS, Ticker.SYSTEM));
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }

    private static EventLoopGroup loop(String name, int threads) {
        return new MultiThreadIoEventLoopGroup(
                threads, new DefaultThreadFactory(name, true), NioIoHandler.newFactory());
    }
}

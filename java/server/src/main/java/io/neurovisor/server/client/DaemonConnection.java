package io.neurovisor.server.client;

import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.proto.sandbox.FileServiceGrpc;
import io.neurovisor.server.access.PeerUsers;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A connection to the daemon that serves a Unix socket, for its clients. Thread-safe; closing it cancels its calls. */
public final class DaemonConnection implements AutoCloseable {
    /** A daemon accepts and greets within milliseconds, or seconds on a busy host; one that takes longer is stopped or hangs. */
    private static final Duration GREETING = Duration.ofSeconds(10);

    /** Detects a lost daemon while a program is silent for hours. */
    private static final Duration ALIVE_EVERY = Duration.ofSeconds(30);

    private static final Duration ALIVE_ANSWER = Duration.ofSeconds(20);

    /**
     * Eight copies at a time share the rate limit of one user, and get the same delay, so that one may be refused very often
     * before its turn. Calls have deadlines, too.
     */
    private static final int MAX_ATTEMPTS = 1000;

    /**
     * Repeats calls about files that the daemon has refused for its rate limit, before it has done anything, after the
     * delay that it names. It names none for calls that fail otherwise, and answers none with DATA_LOSS,
     * the code that gRPC wants named.
     */
    private static final Map<String, ?> SERVICE_CONFIG = Map.of(
            "methodConfig",
            List.of(Map.of(
                    "name",
                    List.of(Map.of("service", FileServiceGrpc.SERVICE_NAME)),
                    "retryPolicy",
                    Map.of(
                            "maxAttempts",
                            (double) MAX_ATTEMPTS,
                            "initialBackoff",
                            "0.1s",
                            "maxBackoff",
                            "1s",
                            "backoffMultiplier",
                            2.0,
                            "retryableStatusCodes",
                            List.of("DATA_LOSS")))));

    private final Path socket;
    private final EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("daemon-client", true), NioIoHandler.newFactory());
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final ServerUserCheck verdict;
    private final ManagedChannel channel;
    private final Channel calls;

    private DaemonConnection(Path socket, PeerUsers users, Optional<String> key) {
        this.socket = socket;
        this.verdict = new ServerUserCheck(users);
        this.channel = NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelFactory(
                        () -> {
                            NioDomainSocketChannel connection = new NioDomainSocketChannel();
                            connection.pipeline().addFirst(verdict.handler());
                            return connection;
                        },
                        UnixDomainSocketAddress.class)
                .eventLoopGroup(eventLoop)
                .executor(executor)
                .usePlaintext()
                .overrideAuthority("daemon")
                .keepAliveTime(ALIVE_EVERY.toSeconds(), TimeUnit.SECONDS)
                .keepAliveTimeout(ALIVE_ANSWER.toSeconds(), TimeUnit.SECONDS)
                .defaultServiceConfig(SERVICE_CONFIG)
                .enableRetry()
                .maxRetryAttempts(MAX_ATTEMPTS)
                .build();
        this.calls = key.map(secret -> ClientInterceptors.intercept(channel, authorization(secret)))
                .orElse(channel);
    }

    private static ClientInterceptor authorization(String secret) {
        Metadata headers = new Metadata();
        headers.put(header("authorization"), "Bearer " + secret);
        return MetadataUtils.newAttachHeadersInterceptor(headers);
    }

    static Metadata.Key<String> header(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    /**
     * Connects to a daemon of this user or root, as the tenant of the key if it is present.
     *
     * @throws NeuroVisorException {@link Fault#DAEMON_MISSING} with the reason if no such daemon responds
     */
    public static DaemonConnection open(Path socket, Optional<String> key) {
        try {
            return open(socket, PeerUsers.ownAndRoot(), key);
        } catch (IOException exception) {
            throw missing(socket, String.valueOf(exception.getMessage()));
        }
    }

    /** @param users may serve the socket */
    static DaemonConnection open(Path socket, PeerUsers users, Optional<String> key) {
        DaemonConnection connection = new DaemonConnection(socket, users, key);
        boolean connected = false;
        try {
            connection.awaitGreeting();
            connected = true;
            return connection;
        } finally {
            if (!connected) {
                connection.close();
            }
        }
    }

    public Path socket() {
        return socket;
    }

    /** A call of a daemon that answers once. */
    @FunctionalInterface
    public interface Call<T> {
        T answer() throws StatusException;
    }

    /** Returns the answer to a call about sandboxes; throws the fault of one that failed. */
    public <T> T answer(Call<T> call) {
        try {
            return call.answer();
        } catch (StatusException exception) {
            throw DaemonFailure.ofSandboxes(exception, socket);
        }
    }

    /** Returns the channel for calls, which carry the key. */
    public Channel calls() {
        return calls;
    }

    /** Returns when the daemon has sent its HTTP/2 settings. */
    private void awaitGreeting() {
        long endNanos = System.nanoTime() + GREETING.toNanos();
        ConnectivityState state = channel.getState(true);
        while (state != ConnectivityState.READY) {
            if (state == ConnectivityState.TRANSIENT_FAILURE) {
                throw missing(
                        socket, verdict.refusal().orElse("no server listens there; start one with ./neurovisor serve"));
            }
            CountDownLatch changed = new CountDownLatch(1);
            channel.notifyWhenStateChanged(state, changed::countDown);
            try {
                if (!changed.await(endNanos - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    throw missing(socket, "the server has not responded within " + GREETING.toSeconds() + " s");
                }
            } catch (InterruptedException exception) {
                throw NeuroVisorException.interrupted("cancelled", exception);
            }
            state = channel.getState(true);
        }
    }

    private static NeuroVisorException missing(Path socket, String reason) {
        return new NeuroVisorException(Fault.DAEMON_MISSING, "no daemon at " + socket + ": " + reason);
    }

    /** Returns immediately; the threads end later. */
    @Override
    public void close() {
        channel.shutdownNow();
        Future<?> _ = eventLoop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        executor.shutdownNow();
    }
}

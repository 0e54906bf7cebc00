package io.neurovisor.tests.hostile.clients;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.util.concurrent.Future;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.overview.Overview;
import io.neurovisor.server.overview.OverviewJson;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A daemon under attack, with warm machines, a model server and a key for each {@link KeyHolder}. */
final class AttackedDaemon implements AutoCloseable {
    static final int WARM = 3;

    /** Short enough for attacks to wait for it. */
    static final Duration SEND_TIMEOUT = Duration.ofSeconds(2);

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Duration LOOK = Duration.ofMillis(50);

    private final Path directory;
    private final Path data;
    private final Map<KeyHolder, String> secrets = new EnumMap<>(KeyHolder.class);
    private final Optional<Encryption> encryption;
    private final HostileModels models = new HostileModels();
    private final MultiThreadIoEventLoopGroup loop = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    private final RunningDaemon daemon;
    private final StatusReader status;

    private AttackedDaemon(Path directory, Optional<Encryption> encryption) throws IOException {
        this.directory = directory;
        this.data = DataDirectories.ready(directory);
        this.encryption = encryption;
        try (ApiKeys keys = ApiKeys.open(data.resolve("access"), InstantSource.system())) {
            for (KeyHolder holder : KeyHolder.values()) {
                secrets.put(holder, keys.create(holder.grant()).secret().reveal());
            }
        }
        List<String> options = new ArrayList<>(List.of(
                "--data-dir=" + data,
                "--warm=" + WARM,
                "--max=" + (WARM + 3),
                "--acquire-timeout=1m",
                "--send-timeout=" + SEND_TIMEOUT.toSeconds() + "s"));
        encryption.ifPresent(certificates -> options.addAll(certificates.options()));
        this.daemon =
                RunningDaemon.start(directory, Map.of("OLLAMA_HOST", models.address()), options.toArray(String[]::new));
        this.status = new StatusReader(daemon.statusPort(), encryption, secret(KeyHolder.HONEST));
    }

    /** Opens a daemon that serves loopback callers without a key. */
    static AttackedDaemon open(Path directory) throws IOException {
        return new AttackedDaemon(Files.createDirectory(directory.resolve("open")), Optional.empty());
    }

    /** Opens a daemon that encrypts both ports and requires keys at both. */
    static AttackedDaemon encrypted(Path directory) throws Exception {
        Path own = Files.createDirectory(directory.resolve("encrypted"));
        return new AttackedDaemon(own, Optional.of(Encryption.in(own)));
    }

    int port() {
        return daemon.port();
    }

    int statusPort() {
        return daemon.statusPort();
    }

    Path data() {
        return data;
    }

    Path socket() {
        return directory.resolve("daemon.sock");
    }

    Optional<Encryption> encryption() {
        return encryption;
    }

    String secret(KeyHolder holder) {
        return requireNonNull(secrets.get(holder), "each holder has a key");
    }

    /** Opens a connection to the TCP port. */
    ManagedChannel connect() {
        NettyChannelBuilder builder =
                NettyChannelBuilder.forAddress("127.0.0.1", port()).overrideAuthority("localhost");
        encryption.ifPresentOrElse(
                certificates -> builder.sslContext(certificates.grpcContext()), builder::usePlaintext);
        return builder.maxInboundMetadataSize(1 << 20).build();
    }

    /** Opens a connection to the Unix socket. */
    ManagedChannel connectToSocket() {
        return NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket()))
                .channelFactory(NioDomainSocketChannel::new, UnixDomainSocketAddress.class)
                .eventLoopGroup(loop)
                .overrideAuthority("localhost")
                .usePlaintext()
                .build();
    }

    StatusReader status() {
        return status;
    }

    List<String> messages() {
        return daemon.messages();
    }

    /** Waits for warm machines. */
    void awaitWarm(int machines) {
        awaitPool(pool -> pool.warm() >= machines);
    }

    /** Waits until no call has a machine or waits for one. */
    void awaitUnused() {
        awaitPool(pool -> pool.active() + pool.waiting() + pool.ending() == 0);
    }

    /** Waits until all machines are warm and no call is served. */
    void awaitRest() {
        awaitPool(pool -> pool.warm() == WARM && pool.machines() == WARM && pool.waiting() == 0);
        await().pollInterval(LOOK).atMost(LIMIT).until(status::callsInFlight, calls -> calls == 0);
    }

    void awaitPool(Predicate<Overview.Pool> condition) {
        Overview.Pool _ = await().pollInterval(LOOK)
                .atMost(LIMIT)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> OverviewJson.read(status.get("/status.json")).pool(), condition);
    }

    /** Returns the number of open descriptors. */
    long descriptors() throws IOException {
        return DaemonNumbers.descriptors(daemon.process().toHandle());
    }

    DaemonNumbers numbers() throws IOException, InterruptedException {
        List<Path> directories = new ArrayList<>(List.of(data));
        Path runtime = ProcessEnvironment.current().runtimeDirectory();
        try (Stream<Path> found = Files.list(runtime)) {
            found.filter(one -> one.getFileName()
                            .toString()
                            .startsWith(daemon.process().pid() + "-"))
                    .forEach(directories::add);
        }
        return DaemonNumbers.of(daemon.process().toHandle(), directories);
    }

    @Override
    public void close() {
        daemon.close();
        models.close();
        status.close();
        Future<?> _ = loop.shutdownGracefully();
    }
}

package io.neurovisor.server.daemon;

import static java.util.Objects.requireNonNull;

import io.grpc.BindableService;
import io.grpc.ServerInterceptor;
import io.grpc.protobuf.services.ChannelzService;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.handler.ssl.SslContext;
import io.neurovisor.engine.execution.ExecutionListeners;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.sandbox.SandboxListeners;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.SteadyClock;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.jail.SelfConfinement;
import io.neurovisor.host.spawner.EbpfCounts;
import io.neurovisor.proto.agent.AgentServiceGrpc;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.inference.InferenceServiceGrpc;
import io.neurovisor.server.Listeners;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.Settings;
import io.neurovisor.server.access.AccessInterceptor;
import io.neurovisor.server.access.ApiKeys;
import io.neurovisor.server.access.Callers;
import io.neurovisor.server.access.ListenRules;
import io.neurovisor.server.access.Quotas;
import io.neurovisor.server.access.RateLimits;
import io.neurovisor.server.access.ServerTls;
import io.neurovisor.server.access.TokenBudgets;
import io.neurovisor.server.audit.AuditLog;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.DataSize;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.config.ProcessEnvironment;
import io.neurovisor.server.grpc.ExecutionGrpcService;
import io.neurovisor.server.grpc.GrpcPorts;
import io.neurovisor.server.grpc.KeyedExecutions;
import io.neurovisor.server.grpc.RequestTimeouts;
import io.neurovisor.server.grpc.TenantExecutions;
import io.neurovisor.server.grpc.TraceInterceptor;
import io.neurovisor.server.journal.ExecutionJournal;
import io.neurovisor.server.metrics.CallMetrics;
import io.neurovisor.server.metrics.Metrics;
import io.neurovisor.server.overview.RecentExecutions;
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.session.Sessions;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * NeuroVisor as a service. It serves as soon as it has started, while its machines are still being made ready; closing it
 * ends every call and every virtual machine. A process that has started one can start no programs any more
 * ({@link SelfConfinement}).
 */
public final class Daemon implements AutoCloseable {
    private static final int CHANNELZ_PAGE = 100;

    /** For each part of the daemon to answer {@link #checkAlive}. */
    private static final Duration ANSWER = Duration.ofSeconds(10);

    /** For machines whose calls have ended. */
    private static final Duration LAST_MACHINES = Duration.ofSeconds(10);

    private final Parts parts;
    private final Metrics metrics = new Metrics();
    private final NeuroVisor neuroVisor;
    private final Path socket;
    private final GrpcPorts ports;
    private final KeyedExecutions keyed;
    private final RequestTimeouts timeouts;
    private final SelfConfinement confinement;
    private final HealthWatch health;
    private final Readiness readiness;
    private final InetSocketAddress address;
    private final InetSocketAddress statusAddress;
    private volatile boolean stoppedNow;

    private Daemon(Parts parts, Settings settings, LoadedConfig loaded, Tracing tracing, Progress progress) {
        this.parts = parts;
        Config config = settings.config();
        ListenRules.check(config.listen(), config.tls(), ServerTls.CALLS, config.insecureListen());
        ListenRules.check(
                config.metrics().listen(), config.metrics().tls(), ServerTls.METRICS, config.insecureListen());
        this.timeouts = new RequestTimeouts(config.timeout(), config.timeoutMax());
        Optional<SslContext> tls = ServerTls.CALLS.context(config.tls(), InstantSource.system(), Ticker.SYSTEM);
        Optional<SslContext> metricsTls =
                ServerTls.METRICS.context(config.metrics().tls(), InstantSource.system(), Ticker.SYSTEM);
        // First, so that a second daemon is refused before it does anything.
        this.socket = parts.own(DaemonSocket.claim(config.socket()), DaemonSocket::close)
                .path();
        ApiKeys keys = parts.own(ApiKeys.open(settings.access(), InstantSource.system()), ApiKeys::close);
        AuditLog audit = parts.own(
                new AuditLog(settings.audit(), bytes(config.audit().max()), InstantSource.system()), AuditLog::close);
        ExecutionJournal journal = parts.own(
                ExecutionJournal.open(settings.journal(), new SteadyClock(InstantSource.system(), Ticker.SYSTEM)),
                ExecutionJournal::close);
        RecentExecutions recent = new RecentExecutions(InstantSource.system(), Ticker.SYSTEM);
        Listeners listeners = new Listeners(
                new SandboxListeners(List.of(metrics.machines(), audit)),
                new ExecutionListeners(List.of(metrics.executions(), tracing.executions(), recent)));
        this.neuroVisor = parts.own(NeuroVisor.openServing(settings, progress, listeners), NeuroVisor::close);
        metrics.watch(
                neuroVisor.pool()::status,
                neuroVisor.vmm(),
                neuroVisor.watchesVmms() ? Optional.of(neuroVisor::ebpf) : Optional.empty());
        this.keyed = parts.own(new KeyedExecutions(journal), KeyedExecutions::stopNow);
        Sessions sessions =
                parts.own(Sessions.open(settings.sessions(), InstantSource.system(), Ticker.SYSTEM), Sessions::close);
        this.readiness = new Readiness(neuroVisor.pool()::look, config.warm());
        Callers callers = new Callers(
                keys,
                config.requireKeys() || ListenRules.keysRequired(config.listen()),
                InstantSource.system(),
                Ticker.SYSTEM);
        DaemonOverview overview = new DaemonOverview(
                neuroVisor, config, readiness, metrics.machines()::layers, recent, InstantSource.system());
        StatusPort status = parts.own(
                StatusPort.open(
                        config.metrics(),
                        metricsTls,
                        callers::shown,
                        readiness,
                        metrics.registry(),
                        overview,
                        StatusPort.LIMITS),
                StatusPort::close);
        this.statusAddress = status.address();
        this.health = parts.own(
                new HealthWatch(Map.of(
                        HealthStatusManager.SERVICE_NAME_ALL_SERVICES,
                        () -> readiness.obstacle().isEmpty(),
                        ExecutionServiceGrpc.SERVICE_NAME,
                        () -> readiness.obstacle().isEmpty(),
                        AgentServiceGrpc.SERVICE_NAME,
                        () -> readiness.obstacle().isEmpty(),
                        // It needs no machine, and each model's server says of itself how it is.
                        InferenceServiceGrpc.SERVICE_NAME,
                        () -> true,
                        io.neurovisor.proto.inference.original.InferenceServiceGrpc.SERVICE_NAME,
                        () -> true)),
                HealthWatch::close);
        this.ports = parts.own(
                new GrpcPorts(
                        services(loaded, keys, audit, sessions, tracing),
                        interceptors(config, callers, tracing),
                        config.sendTimeout()),
                GrpcPorts::close);
        health.start();
        this.address = new InetSocketAddress(
                config.listen(), ports.listen(new InetSocketAddress(config.listen(), config.port()), tls));
        ports.listen(socket);
        // Nobody is answered before, and no program but the VMM is started after, by this process or its spawner.
        // Once all ports are open, for one may be root's to open.
        neuroVisor.restrictSpawner();
        this.confinement = SelfConfinement.begin(writable(settings, socket));
        status.serve();
        ports.serve();
        neuroVisor.pool().keepWarm();
    }

    /**
     * Makes what is missing of the usual image, and serves.
     *
     * @param loaded the settings with where they come from
     * @param tracing is not closed with it
     */
    public static Daemon start(Settings settings, LoadedConfig loaded, Tracing tracing, Progress progress) {
        Parts parts = new Parts();
        boolean started = false;
        try {
            Daemon daemon = new Daemon(parts, settings, loaded, tracing, progress);
            started = true;
            return daemon;
        } finally {
            if (!started) {
                parts.close();
            }
        }
    }

    private List<BindableService> services(
            LoadedConfig loaded, ApiKeys keys, AuditLog audit, Sessions sessions, Tracing tracing) {
        Config config = loaded.config();
        TenantExecutions executions =
                new TenantExecutions(neuroVisor.executions(), new Quotas(keys, InstantSource.system()), audit);
        List<BindableService> services = new ArrayList<>(List.<BindableService>of(
                new ExecutionGrpcService(
                        executions, keyed, neuroVisor.vmm(), neuroVisor.vmmReason(), timeouts, config.size()),
                health::service,
                ProtoReflectionServiceV1.newInstance(),
                reflectionForOlderClients()));
        services.addAll(ModelServices.of(
                loaded, new TokenBudgets(keys, InstantSource.system()), executions, sessions, metrics, tracing));
        if (config.channelz()) {
            services.add(ChannelzService.newInstance(CHANNELZ_PAGE));
        }
        return services;
    }

    /** Such as ghz, which know the service's first version only. */
    @SuppressWarnings("deprecation")
    private static BindableService reflectionForOlderClients() {
        return ProtoReflectionService.newInstance();
    }

    /** A call has a trace before it is let in, so that a refusal has one too. */
    private List<ServerInterceptor> interceptors(Config config, Callers callers, Tracing tracing) {
        RateLimits limits = new RateLimits(config.rateLimit(), Ticker.SYSTEM);
        CallMetrics calls = metrics.calls(TraceInterceptor::currentId);
        return List.of(
                new TraceInterceptor(new SecureRandom(), tracing),
                calls,
                new AccessInterceptor(callers, limits, calls::limited));
    }

    /** What root's daemon may change: its data, its sockets and those of its machines, and what libraries keep for a moment. */
    private static List<Path> writable(Settings settings, Path socket) {
        Path sockets = requireNonNull(socket.toAbsolutePath().getParent(), "a socket has a directory");
        return List.of(
                settings.config().dataDir(),
                ProcessEnvironment.current().runtimeDirectory(),
                sockets,
                Path.of(System.getProperty("java.io.tmpdir")),
                Path.of("/tmp"), // Where the JVM takes requests of its own tools.
                Path.of("/var/tmp"), // Where SQLite sorts what memory does not hold.
                Path.of("/dev/null"));
    }

    private static OptionalLong bytes(Optional<DataSize> size) {
        return size.map(some -> OptionalLong.of(some.bytes())).orElseGet(OptionalLong::empty);
    }

    /** Where calls are taken. */
    public InetSocketAddress address() {
        return address;
    }

    /** Where this user's own calls are taken. */
    public Path socket() {
        return socket;
    }

    /** Where it tells how it is. */
    public InetSocketAddress statusAddress() {
        return statusAddress;
    }

    /** What it has closed to itself before it served. */
    public SelfConfinement confinement() {
        return confinement;
    }

    public NeuroVisor neuroVisor() {
        return neuroVisor;
    }

    /**
     * Returns when gRPC, the pool and the spawner have answered.
     *
     * @throws NeuroVisorException when one of them does not; where the pool's lock is never released, this does not return
     */
    public void checkAlive() {
        ports.checkAlive(ANSWER);
        PoolStatus _ = neuroVisor.pool().status();
        EbpfCounts _ = neuroVisor.ebpf();
    }

    /** How many programs run or wait for a machine. */
    public int busy() {
        PoolStatus pool = neuroVisor.pool().status();
        return pool.active() + pool.waiting();
    }

    /**
     * Takes no more calls and finishes those that are served; {@link #stopNow} by another thread cuts that short. Returns
     * false when calls were cancelled.
     */
    public boolean drain(Duration patience) throws InterruptedException {
        readiness.drain();
        health.drain();
        ports.stopAccepting();
        health.hangUp();
        Deadline first = Deadline.after(patience, Ticker.SYSTEM);
        boolean finished = ports.awaitEnd(first) && keyed.awaitEnd(first);
        if (!finished) {
            stopNow();
        }
        Deadline last = Deadline.after(LAST_MACHINES, Ticker.SYSTEM);
        boolean ended = ports.awaitEnd(last) && keyed.awaitEnd(last);
        return neuroVisor.pool().drain(last) && ended && !stoppedNow;
    }

    /** Cancels the calls that are served. */
    public void stopNow() {
        stoppedNow = true;
        ports.stopNow();
        keyed.stopNow();
    }

    @Override
    public void close() {
        parts.close();
    }
}

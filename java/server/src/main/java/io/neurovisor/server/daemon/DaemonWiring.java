package io.neurovisor.server.daemon;

import io.grpc.BindableService;
import io.grpc.ServerInterceptor;
import io.grpc.protobuf.services.ChannelzService;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.handler.ssl.SslContext;
import io.neurovisor.engine.execution.ExecutionListeners;
import io.neurovisor.engine.machine.MachineListeners;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.time.SteadyClock;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.jail.SelfConfinement;
import io.neurovisor.host.nativecalls.NativeHeap;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.JvmMemory;
import io.neurovisor.server.Housekeeping;
import io.neurovisor.server.Listeners;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.Settings;
import io.neurovisor.server.access.AccessInterceptor;
import io.neurovisor.server.access.Callers;
import io.neurovisor.server.access.OwnCalls;
import io.neurovisor.server.access.Quotas;
import io.neurovisor.server.access.RateLimits;
import io.neurovisor.server.access.TokenBudgets;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.access.tls.ListenRules;
import io.neurovisor.server.audit.AuditLog;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.grpc.GrpcPorts;
import io.neurovisor.server.grpc.TraceInterceptor;
import io.neurovisor.server.grpc.UnfinishedCalls;
import io.neurovisor.server.grpc.execution.ExecutionGrpcService;
import io.neurovisor.server.grpc.execution.KeyedExecutions;
import io.neurovisor.server.grpc.execution.RequestTimeouts;
import io.neurovisor.server.grpc.execution.TenantExecutions;
import io.neurovisor.server.http.api.ApiPortTls;
import io.neurovisor.server.journal.ExecutionJournal;
import io.neurovisor.server.metrics.CallMetrics;
import io.neurovisor.server.metrics.Metrics;
import io.neurovisor.server.overview.RecentExecutions;
import io.neurovisor.server.sandbox.SandboxOperations;
import io.neurovisor.server.setting.DataSize;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.session.Sessions;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Builds a {@link Daemon} from its settings: claims its socket, opens stores and ports, confines the process and serves. */
final class DaemonWiring {
    private static final Logger LOG = LoggerFactory.getLogger(DaemonWiring.class);
    private static final int CHANNELZ_PAGE = 100;
    private static final Duration UPKEEP_INTERVAL = Duration.ofSeconds(10);

    private final ResourceStack resources;
    private final Settings settings;
    private final LoadedConfig loaded;
    private final Config config;
    private final HttpApis apis;
    private final Tracing tracing;
    private final Progress progress;
    private final InstantSource clock = InstantSource.system();
    private final Metrics metrics = new Metrics();

    /** @param resources receives what is opened, also if the start fails */
    DaemonWiring(
            ResourceStack resources,
            Settings settings,
            LoadedConfig loaded,
            HttpApis apis,
            Tracing tracing,
            Progress progress) {
        this.apis = apis;
        this.resources = resources;
        this.settings = settings;
        this.loaded = loaded;
        this.config = settings.config();
        this.tracing = tracing;
        this.progress = progress;
    }

    Daemon start() {
        StartChecks checks = new StartChecks(settings, ProcessEnvironment.current(), clock);
        RequestTimeouts timeouts = checks.timeouts();
        Optional<SslContext> tls = checks.callsTls();
        Optional<SslContext> metricsTls = checks.metricsTls();
        Optional<ApiPortTls> httpTls = checks.httpTls();
        Optional<String> _ = checks.modelKey();
        checks.requireMachinesForSandboxes();
        // Before anything is changed, so that a second daemon fails without effect.
        DaemonSocket claim = resources.own(DaemonSocket.claim(config.daemon().socket()), DaemonSocket::close);
        OptionalLong most = config.retention().auditMax().stream()
                .mapToLong(DataSize::bytes)
                .findFirst();
        AuditLog audit = resources.own(new AuditLog(settings.audit(), most, clock), AuditLog::close);
        RecentExecutions recent = new RecentExecutions(clock, Ticker.SYSTEM);
        Optional<HttpOpening> opening = HttpOpening.begin(config, httpTls, HttpRequests.of(tracing, metrics));
        opening.ifPresent(some -> resources.own(some, HttpOpening::close));
        NeuroVisor neuroVisor = openNeuroVisor(audit, recent);
        // The first machines start and are primed while the rest of the daemon is opened.
        neuroVisor.pool().keepWarm();
        ApiKeys keys = resources.own(ApiKeys.open(settings.access(), clock), ApiKeys::close);
        Optional<SandboxServices> sandboxes = SandboxServices.open(
                settings, neuroVisor, keys, audit, new SandboxOperations(metrics.sandboxes(), tracing), clock);
        sandboxes.ifPresent(some -> resources.own(some, SandboxServices::close));
        ExecutionJournal journal = resources.own(
                ExecutionJournal.open(settings.journal(), new SteadyClock(clock, Ticker.SYSTEM)),
                ExecutionJournal::close);
        KeyedExecutions keyed = resources.own(new KeyedExecutions(journal), KeyedExecutions::stopNow);
        Sessions sessions = resources.own(Sessions.open(settings.sessions(), clock, Ticker.SYSTEM), Sessions::close);
        Readiness readiness = new Readiness(
                neuroVisor.pool()::look, neuroVisor::making, config.pool().warm());
        Callers callers = new Callers(
                keys,
                config.access().requireKeys()
                        || ListenRules.keysRequired(config.daemon().listen()),
                clock,
                Ticker.SYSTEM);
        Supplier<List<Sandbox>> living =
                () -> sandboxes.map(SandboxServices::living).orElseGet(List::of);
        DaemonOverview overview =
                new DaemonOverview(neuroVisor, config, readiness, metrics.machines()::layers, recent, living, clock);
        StatusPort status = openStatusPort(metricsTls, callers, readiness, overview);
        HealthWatch health = resources.own(HealthWatch.of(readiness), HealthWatch::close);
        TenantExecutions executions = new TenantExecutions(neuroVisor.executions(), new Quotas(keys, clock), audit);
        List<BindableService> services =
                services(neuroVisor, executions, keyed, timeouts, health, keys, sandboxes, sessions);
        UnfinishedCalls unfinished = new UnfinishedCalls();
        GrpcPorts ports = resources.own(
                new GrpcPorts(
                        services,
                        interceptors(callers, SandboxServices.owners(sandboxes, callers, keys), unfinished, services),
                        config.daemon().sendTimeout()),
                GrpcPorts::close);
        health.start();
        InetSocketAddress address = new InetSocketAddress(
                config.daemon().listen(),
                ports.listen(
                        new InetSocketAddress(
                                config.daemon().listen(), config.daemon().port()),
                        tls));
        ports.listen(claim.path());
        Optional<HttpServing> http = opening.map(port -> resources.own(
                HttpServing.of(port.await(), settings, apis, httpTls.isPresent(), ports, living, clock),
                HttpServing::close));
        claim.record(status.address());
        // After all ports are open, which may need root, and before any request: from here on only VMMs are started.
        neuroVisor.restrictSpawner();
        SelfConfinement confinement = SelfConfinement.begin(WritablePaths.of(config.dataDir(), claim.path()));
        status.serve();
        ports.serve();
        http.ifPresent(HttpServing::serve);
        startUpkeep(neuroVisor, sessions, journal, sandboxes);
        return new Daemon(
                resources,
                neuroVisor,
                ports,
                unfinished,
                keyed,
                sandboxes,
                confinement,
                health,
                readiness,
                claim.path(),
                address,
                status.address(),
                http);
    }

    private void startUpkeep(
            NeuroVisor neuroVisor, Sessions sessions, ExecutionJournal journal, Optional<SandboxServices> sandboxes) {
        BooleanSupplier idle = () -> isIdle(neuroVisor.pool().status(), sandboxes);
        RetentionSchedule retention =
                new RetentionSchedule(() -> retain(sessions, journal, sandboxes), idle, Ticker.SYSTEM);
        JvmMemory memory = JvmMemory.ofThisProcess(HostFiles.SYSTEM);
        IdleMemory idleMemory = new IdleMemory(idle, memory::residentBytes, DaemonWiring::releaseMemory, Ticker.SYSTEM);
        Upkeep upkeep = resources.own(new Upkeep("upkeep"), Upkeep::close);
        upkeep.every(UPKEEP_INTERVAL, retention::look);
        upkeep.every(UPKEEP_INTERVAL, idleMemory::look);
    }

    private static void releaseMemory() {
        System.gc();
        NativeHeap.trim();
    }

    private void retain(Sessions sessions, ExecutionJournal journal, Optional<SandboxServices> sandboxes) {
        Housekeeping.Removed removed = new Housekeeping(settings, clock, false)
                .retain(sessions, journal, sandboxes.map(SandboxServices::records));
        if (removed.items() > 0) {
            LOG.info("removed {} unneeded items of {} bytes by the retention rules", removed.items(), removed.bytes());
        }
    }

    /** Sandboxes last for hours, and only some of the time something happens in them. */
    private static boolean isIdle(PoolStatus pool, Optional<SandboxServices> sandboxes) {
        return pool.active() + pool.waiting()
                <= sandboxes.map(SandboxServices::withMachines).orElse(0);
    }

    private NeuroVisor openNeuroVisor(AuditLog audit, RecentExecutions recent) {
        Listeners listeners = new Listeners(
                new MachineListeners(List.of(metrics.machines(), audit)),
                new ExecutionListeners(List.of(metrics.executions(), tracing.executions(), recent)));
        NeuroVisor neuroVisor = resources.own(NeuroVisor.openServing(settings, progress, listeners), NeuroVisor::close);
        metrics.watch(
                neuroVisor.pool()::status,
                neuroVisor.vmm(),
                neuroVisor.watchesVmms() ? Optional.of(neuroVisor::ebpf) : Optional.empty());
        return neuroVisor;
    }

    private StatusPort openStatusPort(
            Optional<SslContext> tls, Callers callers, Readiness readiness, DaemonOverview overview) {
        return resources.own(
                new StatusPort(
                        config.metrics(),
                        tls,
                        callers::keyOf,
                        readiness,
                        metrics.registry(),
                        overview,
                        StatusPort.LIMITS),
                StatusPort::close);
    }

    private List<BindableService> services(
            NeuroVisor neuroVisor,
            TenantExecutions executions,
            KeyedExecutions keyed,
            RequestTimeouts timeouts,
            HealthWatch health,
            ApiKeys keys,
            Optional<SandboxServices> sandboxes,
            Sessions sessions) {
        List<BindableService> services = new ArrayList<>(List.<BindableService>of(
                new ExecutionGrpcService(
                        executions,
                        keyed,
                        neuroVisor.vmm(),
                        neuroVisor.vmmReason(),
                        timeouts,
                        new MachineKind(config.guest().image(), config.guest().size()),
                        config.pool().warm() > 0),
                health::service,
                ProtoReflectionServiceV1.newInstance(),
                reflectionForOlderClients()));
        services.addAll(ModelServices.of(
                loaded,
                new TokenBudgets(keys, clock),
                executions,
                sandboxes.map(SandboxServices::ofAgents),
                sessions,
                metrics,
                tracing));
        sandboxes.ifPresent(some -> services.addAll(some.services()));
        if (config.daemon().channelz()) {
            services.add(ChannelzService.newInstance(CHANNELZ_PAGE));
        }
        return services;
    }

    /** Clients such as ghz know only the first version of the reflection service. */
    @SuppressWarnings("deprecation")
    private static BindableService reflectionForOlderClients() {
        return ProtoReflectionService.newInstance();
    }

    /** The trace interceptor comes first, so that a rejected call has a trace too. */
    private List<ServerInterceptor> interceptors(
            Callers callers, OwnCalls.Owners owners, UnfinishedCalls unfinished, List<BindableService> services) {
        RateLimits limits = new RateLimits(config.access().rateLimit(), Ticker.SYSTEM);
        CallMetrics calls = metrics.calls(TraceInterceptor::currentId);
        calls.serves(services);
        return List.of(
                new TraceInterceptor(new SecureRandom(), tracing),
                unfinished,
                calls,
                new AccessInterceptor(callers, owners, limits, calls::limited));
    }
}

package io.neurovisor.server.grpc;

import io.grpc.BindableService;
import io.grpc.ServerInterceptor;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.server.access.AccessInterceptor;
import io.neurovisor.server.access.CallLimits;
import io.neurovisor.server.access.Callers;
import io.neurovisor.server.access.PeerUsers;
import io.neurovisor.server.access.Quotas;
import io.neurovisor.server.access.RateLimits;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.audit.AuditLog;
import io.neurovisor.server.config.RateLimit;
import io.neurovisor.server.grpc.execution.ExecutionGrpcService;
import io.neurovisor.server.grpc.execution.KeyedExecutions;
import io.neurovisor.server.grpc.execution.RequestTimeouts;
import io.neurovisor.server.grpc.execution.TenantExecutions;
import io.neurovisor.server.grpc.guard.InboundMemory;
import io.neurovisor.server.grpc.guard.PendingResponses;
import io.neurovisor.server.journal.ExecutionJournal;
import io.neurovisor.server.metrics.CallMetrics;
import io.neurovisor.server.metrics.Metrics;
import io.neurovisor.server.trace.Tracing;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.BiFunction;

/** The execution service as the daemon runs it. */
public final class ServedExecutions implements AutoCloseable {
    private final Metrics metrics;
    private final ApiKeys keys;
    private final AuditLog audit;
    private final ExecutionJournal journal;
    private final KeyedExecutions keyed;
    private final GrpcPorts ports;

    /**
     * Creates the server.
     *
     * @param data the directory of keys, audit log and stored output
     * @param keysRequired whether TCP clients need a key
     */
    public ServedExecutions(Path data, Executions executions, boolean keysRequired, Optional<RateLimit> limit) {
        this(data, executions, keysRequired, limit, Tracing.OFF);
    }

    /** Creates the server with tracing. */
    public ServedExecutions(
            Path data, Executions executions, boolean keysRequired, Optional<RateLimit> limit, Tracing tracing) {
        this(data, executions, keysRequired, limit, tracing, new Metrics(), true, ServedExecutions::ports);
    }

    /**
     * Creates the server for clients without a key or a rate limit.
     *
     * @param counted whether calls are counted
     */
    public ServedExecutions(Path data, Executions executions, Tracing tracing, Metrics metrics, boolean counted) {
        this(data, executions, false, Optional.empty(), tracing, metrics, counted, ServedExecutions::ports);
    }

    /** Creates the server for clients without a key or a rate limit, which tracks its responses with {@code responses}. */
    ServedExecutions(Path data, Executions executions, PendingResponses responses) {
        this(
                data,
                executions,
                false,
                Optional.empty(),
                (services, interceptors) -> new GrpcPorts(
                        services,
                        interceptors,
                        InboundMemory.ofThisProcess(),
                        new CallLimits(),
                        ClientTimeouts.STANDARD,
                        responses));
    }

    ServedExecutions(
            Path data,
            Executions executions,
            boolean keysRequired,
            Optional<RateLimit> limit,
            BiFunction<List<BindableService>, List<ServerInterceptor>, GrpcPorts> portsOf) {
        this(data, executions, keysRequired, limit, Tracing.OFF, new Metrics(), true, portsOf);
    }

    private ServedExecutions(
            Path data,
            Executions executions,
            boolean keysRequired,
            Optional<RateLimit> limit,
            Tracing tracing,
            Metrics metrics,
            boolean counted,
            BiFunction<List<BindableService>, List<ServerInterceptor>, GrpcPorts> portsOf) {
        this.metrics = metrics;
        keys = ApiKeys.open(data.resolve("access"), InstantSource.system());
        audit = new AuditLog(data.resolve("audit"), OptionalLong.empty(), InstantSource.system());
        journal = ExecutionJournal.open(data.resolve("journal"), InstantSource.system());
        keyed = new KeyedExecutions(journal);
        ports = portsOf.apply(
                List.of(new ExecutionGrpcService(
                        new TenantExecutions(executions, new Quotas(keys, InstantSource.system()), audit),
                        keyed,
                        new VmmIdentity("fake", "1", "none", "cpu", "machine"),
                        "there is no other",
                        new RequestTimeouts(Duration.ofSeconds(30), Duration.ofHours(1)),
                        new MachineKind("base", SandboxSize.SMALL),
                        true)),
                interceptors(keysRequired, limit, tracing, counted));
    }

    private static GrpcPorts ports(List<BindableService> services, List<ServerInterceptor> interceptors) {
        return new GrpcPorts(services, interceptors, Duration.ofMinutes(1));
    }

    private List<ServerInterceptor> interceptors(
            boolean keysRequired, Optional<RateLimit> limit, Tracing tracing, boolean counted) {
        TraceInterceptor trace = new TraceInterceptor(new Random(1), tracing);
        Callers callers = new Callers(keys, keysRequired, InstantSource.system(), Ticker.SYSTEM);
        RateLimits limits = new RateLimits(limit, Ticker.SYSTEM);
        if (!counted) {
            return List.of(trace, new AccessInterceptor(callers, _ -> Optional.empty(), limits, _ -> {}));
        }
        CallMetrics calls = metrics.calls(TraceInterceptor::currentId);
        return List.of(trace, calls, new AccessInterceptor(callers, _ -> Optional.empty(), limits, calls::limited));
    }

    /** Listens on loopback and returns the port. */
    public int listen() {
        int port = ports.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Optional.empty());
        ports.serve();
        return port;
    }

    public void listen(Path socket) {
        ports.listen(socket);
        ports.serve();
    }

    /** Listens on a Unix socket for these users. */
    void listen(Path socket, PeerUsers users) {
        ports.listen(socket, users);
        ports.serve();
    }

    /** Returns the counters. */
    public PrometheusRegistry registry() {
        return metrics.registry();
    }

    KeyedExecutions keyed() {
        return keyed;
    }

    /** Cancels all running calls. */
    public void stopNow() {
        ports.stopNow();
    }

    @Override
    public void close() {
        keyed.stopNow();
        ports.close();
        journal.close();
        audit.close();
        keys.close();
    }
}

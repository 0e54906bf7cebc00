package io.neurovisor.server.grpc.model;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.neurovisor.agent.loop.AgentLimits;
import io.neurovisor.agent.model.Model;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.agent.AgentEvent;
import io.neurovisor.proto.agent.AgentServiceGrpc;
import io.neurovisor.proto.agent.RunAgentRequest;
import io.neurovisor.server.access.Quotas;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.access.TokenBudgets;
import io.neurovisor.server.access.keys.ApiKeys;
import io.neurovisor.server.access.keys.KeyGrant;
import io.neurovisor.server.access.keys.KeyName;
import io.neurovisor.server.access.keys.Quota;
import io.neurovisor.server.access.keys.SandboxQuota;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.access.keys.TokenBudget;
import io.neurovisor.server.agent.AgentSandboxes;
import io.neurovisor.server.agent.AgentSettings;
import io.neurovisor.server.agent.BudgetedModels;
import io.neurovisor.server.audit.AuditLog;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.server.grpc.execution.TenantExecutions;
import io.neurovisor.server.metrics.AgentMetrics;
import io.neurovisor.server.metrics.ModelMetrics;
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.session.RecordedSession;
import io.neurovisor.session.SessionId;
import io.neurovisor.session.SessionOwner;
import io.neurovisor.session.SessionSummary;
import io.neurovisor.session.Sessions;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/** Servers of the agent service that share sessions, keys and audit log in one directory. */
final class AgentServers implements AutoCloseable {
    /** The user of the database, who may read all sessions. */
    private static final SessionOwner READER = SessionOwner.ofThisProcess();

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final AgentMetrics metrics = new AgentMetrics(registry);
    private final Sessions sessions;
    private final ApiKeys keys;
    private final AuditLog audit;

    private Optional<AgentSandboxes> sandboxes = Optional.empty();

    AgentServers(Path directory) {
        sessions = Sessions.open(directory.resolve("sessions"), InstantSource.system(), Ticker.SYSTEM);
        keys = ApiKeys.open(directory.resolve("access"), InstantSource.system());
        audit = new AuditLog(directory.resolve("audit"), OptionalLong.empty(), InstantSource.system());
    }

    /** Serves stateful runs, too. */
    AgentServers with(AgentSandboxes some) {
        sandboxes = Optional.of(some);
        return this;
    }

    TestServer serving(FakeVmm vmm, Model model) throws IOException {
        return serving(vmm, model, new Tenant.Loopback());
    }

    TestServer serving(FakeVmm vmm, Model model, Tenant tenant) throws IOException {
        return serving(vmm, model, tenant, Tracing.OFF);
    }

    TestServer serving(FakeVmm vmm, Model model, Tenant tenant, Tracing tracing) throws IOException {
        TenantExecutions executions = new TenantExecutions(
                TestPools.executions(vmm, TestFiles.bootFiles(), Ticker.SYSTEM, tracing.executions()),
                new Quotas(keys, InstantSource.system()),
                audit);
        AgentSettings settings = new AgentSettings(AgentLimits.USUAL, Duration.ofSeconds(30), SandboxSize.SMALL);
        return new TestServer(
                List.of(new AgentGrpcService(
                        budgeted(model), executions, settings, sandboxes, Optional.of(sessions), metrics, tracing)),
                tenant,
                tracing);
    }

    /** Returns a server of the inference service. */
    TestServer asking(Model model, Tenant tenant) throws IOException {
        return new TestServer(
                new InferenceGrpcService(
                                budgeted(model),
                                Duration.ofMinutes(5),
                                new ModelMetrics(new PrometheusRegistry(), Ticker.SYSTEM),
                                Ticker.SYSTEM)
                        .services(),
                tenant);
    }

    private BudgetedModels budgeted(Model model) {
        return new BudgetedModels(_ -> model, new TokenBudgets(keys, InstantSource.system()));
    }

    PrometheusRegistry registry() {
        return registry;
    }

    /** Returns the holder of a new key. */
    Tenant key(String name, Optional<Quota> quota) {
        return new Tenant.KeyHolder(keys.create(new KeyGrant(
                        new KeyName(name), EnumSet.of(Scope.AGENT), Optional.empty(), quota, PoolShare.UNLIMITED))
                .key());
    }

    /** Returns the holder of a new key. */
    Tenant key(String name, TokenBudget tokens) {
        return new Tenant.KeyHolder(keys.create(new KeyGrant(
                        new KeyName(name),
                        EnumSet.of(Scope.AGENT, Scope.INFER),
                        Optional.empty(),
                        Optional.empty(),
                        PoolShare.UNLIMITED,
                        SandboxQuota.UNLIMITED,
                        Optional.of(tokens),
                        Optional.empty()))
                .key());
    }

    /** Returns the sessions of all tenants. */
    List<SessionSummary> recorded() {
        return sessions.list(READER);
    }

    RecordedSession session(SessionId id) {
        return sessions.session(READER, id);
    }

    SessionId find(String text) {
        return sessions.find(READER, text);
    }

    /** Returns the session that the first event names. */
    static SessionId session(List<AgentEvent> events) {
        return new SessionId(UUID.fromString(events.getFirst().getStarted().getSession()));
    }

    static List<AgentEvent> events(Channel channel, RunAgentRequest request) {
        List<AgentEvent> events = new ArrayList<>();
        stub(channel).runAgent(request).forEachRemaining(events::add);
        return events;
    }

    static StatusRuntimeException failure(Channel channel, RunAgentRequest request) {
        return catchThrowableOfType(
                StatusRuntimeException.class,
                () -> stub(channel).runAgent(request).forEachRemaining(_ -> {}));
    }

    static AgentServiceGrpc.AgentServiceBlockingStub stub(Channel channel) {
        return AgentServiceGrpc.newBlockingStub(channel);
    }

    @Override
    public void close() {
        audit.close();
        keys.close();
        sessions.close();
    }
}

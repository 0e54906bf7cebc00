package io.neurovisor.server.grpc;

import static io.neurovisor.server.grpc.ScriptedModel.calls;
import static io.neurovisor.server.grpc.ScriptedModel.fails;
import static io.neurovisor.server.grpc.ScriptedModel.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.agent.loop.AgentLimits;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure.Reason;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.agent.AgentEvent;
import io.neurovisor.proto.agent.AgentEvent.EventCase;
import io.neurovisor.proto.agent.AgentOutcome;
import io.neurovisor.proto.agent.AgentServiceGrpc;
import io.neurovisor.proto.agent.RunAgentRequest;
import io.neurovisor.server.access.ApiKeys;
import io.neurovisor.server.access.KeyGrant;
import io.neurovisor.server.access.KeyName;
import io.neurovisor.server.access.Quota;
import io.neurovisor.server.access.Quotas;
import io.neurovisor.server.access.Scope;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.agent.AgentSettings;
import io.neurovisor.server.audit.AuditLog;
import io.neurovisor.server.metrics.AgentMetrics;
import io.neurovisor.server.trace.Recorded;
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.session.SessionId;
import io.neurovisor.session.Sessions;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.GrowingTimeout;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tasks by real calls, with a scripted model and machines that are none. */
@Timeout(120)
final class AgentGrpcServiceTest {
    private static final String PROGRAM = "{\"language\": \"python\", \"code\": \"print(6*7)\"}";
    private static final String TRACEPARENT = "00-01941ab36d8c7a2bb4e19c1234567890-00f067aa0ba902b7-01";
    private static final RunAgentRequest TASK =
            RunAgentRequest.newBuilder().setTask("Count").build();

    @TempDir
    private Path directory;

    private Sessions sessions;
    private ApiKeys keys;
    private AuditLog audit;
    private FakeVmm vmm = new FakeVmm(_ -> new FakeGuest());

    @BeforeEach
    void open() {
        sessions = Sessions.open(directory.resolve("sessions"), InstantSource.system(), Ticker.SYSTEM);
        keys = ApiKeys.open(directory.resolve("access"), InstantSource.system());
        audit = new AuditLog(directory.resolve("audit"), OptionalLong.empty(), InstantSource.system());
    }

    @AfterEach
    void close() {
        audit.close();
        keys.close();
        sessions.close();
    }

    @Test
    void aRunIsToldAsItHappensAndRecorded() throws IOException {
        ScriptedModel model = new ScriptedModel(calls(PROGRAM), says("It is 42."));
        List<AgentEvent> events;
        try (TestServer server = serving(model)) {
            events = events(server.channel("x-trace-id", "my-trace-123"), TASK);
        }
        assertThat(events)
                .extracting(AgentEvent::getEventCase)
                .containsExactly(
                        EventCase.STARTED,
                        EventCase.ITERATION,
                        EventCase.TOOL_CALL,
                        EventCase.EXECUTION,
                        EventCase.ITERATION,
                        EventCase.TEXT,
                        EventCase.FINISHED);
        assertThat(events.get(0).getStarted().getTraceId()).isEqualTo("my-trace-123");
        assertThat(events.get(0).getStarted().getModel()).isEqualTo("scripted");
        assertThat(events.get(2).getToolCall().getArguments()).isEqualTo(PROGRAM);
        assertThat(events.get(3).getExecution().getCallId()).isEqualTo("call_a");
        assertThat(events.get(3).getExecution().getStdout()).isEqualTo("print(6*7)");
        assertThat(events.get(3).getExecution().getOutcome()).isEqualTo("COMPLETED");
        assertThat(events.getLast().getFinished().getOutcome()).isEqualTo(AgentOutcome.AGENT_OUTCOME_ANSWERED);
        assertThat(events.getLast().getFinished().getAnswer()).isEqualTo("It is 42.");
        assertThat(events.getLast().getFinished().getStats().getIterations()).isEqualTo(2);
        assertThat(events.getLast().getFinished().getStats().getModelLoadMs()).isEqualTo(1250);
        assertThat(sessions.session(session(events)).runs()).singleElement().satisfies(run -> {
            assertThat(run.task().text()).isEqualTo("Count");
            assertThat(run.messages()).hasSize(3);
        });
        assertThat(vmm.livingCount()).isZero();
        assertThat(directory.resolve("audit/audit.jsonl"))
                .content()
                .contains("\"method\":\"neurovisor.agent.AgentService/RunAgent\"", "\"tenant\":\"loopback\"");
    }

    @Test
    void aSessionIsContinuedByItsWholeIdAndNoOther() throws IOException {
        ScriptedModel model = new ScriptedModel(says("One."), says("Two."));
        try (TestServer server = serving(model)) {
            List<AgentEvent> first = events(server.channel("traceparent", TRACEPARENT), TASK);
            String id = session(first).toString();
            // Both of one trace, which is a client's choice and no id of a session.
            assertThat(id).isNotEqualTo("01941ab3-6d8c-7a2b-b4e1-9c1234567890");
            List<AgentEvent> second = events(
                    server.channel("traceparent", TRACEPARENT),
                    TASK.toBuilder().setTask("And then?").setSession(id).build());
            assertThat(session(second).toString()).isEqualTo(id);
            assertThat(model.requests().getLast().messages())
                    .extracting(Message::getClass)
                    .containsExactly(
                            Message.Instruction.class, Message.User.class, Message.Assistant.class, Message.User.class);
            assertThat(model.requests().getLast().traceId().orElseThrow().toString())
                    .isEqualTo("01941ab3-6d8c-7a2b-b4e1-9c1234567890");
            assertThat(sessions.session(session(first)).runs()).hasSize(2);
            for (String other : List.of("last", id.substring(0, 35), "%", "0")) {
                StatusRuntimeException status = failure(
                        server.channel(), TASK.toBuilder().setSession(other).build());
                assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
                assertThat(TestServer.field(status)).isEqualTo("session");
            }
            assertThat(failure(
                                    server.channel(),
                                    TASK.toBuilder()
                                            .setSession(new UUID(1, 2).toString())
                                            .build())
                            .getStatus()
                            .getCode())
                    .isEqualTo(Status.Code.NOT_FOUND);
        }
    }

    @Test
    void aTraceIdFindsARunButContinuesNoSession() throws IOException {
        try (TestServer server = serving(new ScriptedModel(says("One.")))) {
            List<AgentEvent> events = events(server.channel(), TASK);
            String trace = events.getFirst().getStarted().getTraceId();
            assertThat(sessions.find(trace)).isEqualTo(session(events));
            assertThat(failure(
                                    server.channel(),
                                    TASK.toBuilder().setSession(trace).build())
                            .getStatus()
                            .getCode())
                    .isEqualTo(Status.Code.NOT_FOUND);
        }
    }

    @Test
    void nothingIsKeptOfARunThatWantsNoHistory() throws IOException {
        try (TestServer server = serving(new ScriptedModel(says("One.")))) {
            List<AgentEvent> events =
                    events(server.channel(), TASK.toBuilder().setNoHistory(true).build());
            assertThat(events.getFirst().getStarted().getSession()).isEmpty();
            assertThat(sessions.list()).isEmpty();
        }
    }

    @Test
    void aLimitEndsARunWithWhatThereIs() throws IOException {
        RunAgentRequest.Builder request = TASK.toBuilder();
        request.getLimitsBuilder().setIterations(2);
        try (TestServer server = serving(new ScriptedModel(calls(PROGRAM)))) {
            AgentEvent last = events(server.channel(), request.build()).getLast();
            assertThat(last.getFinished().getOutcome()).isEqualTo(AgentOutcome.AGENT_OUTCOME_ITERATION_LIMIT);
            assertThat(last.getFinished().getAnswer()).isEqualTo("print(6*7)");
            assertThat(last.getFinished().getExplanation()).contains("2 iterations");
        }
    }

    @Test
    void aWrongCallIsToldAndTheModelGoesOn() throws IOException {
        try (TestServer server = serving(new ScriptedModel(calls("{\"language\": \"cobol\"}"), says("Well.")))) {
            List<AgentEvent> events = events(server.channel(), TASK);
            assertThat(events)
                    .extracting(AgentEvent::getEventCase)
                    .contains(EventCase.REFUSED)
                    .doesNotContain(EventCase.EXECUTION);
            assertThat(events.getLast().getFinished().getAnswer()).isEqualTo("Well.");
        }
    }

    @Test
    void aFailureIsTheLastEventAndTheStatus() throws IOException {
        List<AgentEvent> events = new ArrayList<>();
        try (TestServer server = serving(new ScriptedModel(fails(Reason.UNREACHABLE)))) {
            StatusRuntimeException status = catchThrowableOfType(
                    StatusRuntimeException.class,
                    () -> stub(server.channel()).runAgent(TASK).forEachRemaining(events::add));
            assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(TestServer.reason(status)).isEqualTo("MODEL_UNREACHABLE");
            assertThat(events.getLast().getFinished().getOutcome()).isEqualTo(AgentOutcome.AGENT_OUTCOME_MODEL_FAILED);
        }
        events.clear();
        vmm.failStarts("no such device");
        try (TestServer server = serving(new ScriptedModel(calls(PROGRAM)))) {
            StatusRuntimeException status = catchThrowableOfType(
                    StatusRuntimeException.class,
                    () -> stub(server.channel()).runAgent(TASK).forEachRemaining(events::add));
            assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(TestServer.reason(status)).isEqualTo("VMM_FAILED");
            assertThat(events.getLast().getFinished().getOutcome())
                    .isEqualTo(AgentOutcome.AGENT_OUTCOME_SANDBOX_FAILED);
        }
    }

    @Test
    void aClientThatGoesEndsProgramMachineAndRun() throws Exception {
        vmm = new FakeVmm(_ -> new FakeGuest().hanging());
        try (TestServer server = serving(new ScriptedModel(calls(PROGRAM)))) {
            SlowReader<RunAgentRequest, AgentEvent> reader =
                    new SlowReader<>(server.channel(), AgentServiceGrpc.getRunAgentMethod(), TASK, _ -> 1);
            reader.read(Integer.MAX_VALUE);
            assertThat(TestServer.becomes(() -> vmm.livingCount() == 1)).isTrue();
            reader.cancel();
            assertThat(TestServer.becomes(() -> vmm.livingCount() == 0)).isTrue();
            assertThat(TestServer.becomes(() -> isRecorded(AgentEnd.CANCELLED))).isTrue();
        }
    }

    @Test
    void aClientThatReadsNothingForTheSendTimeoutEndsItsRun() throws Exception {
        String program = "{\"language\": \"python\", \"code\": \"" + "#".repeat(1 << 20) + "\"}";
        try (TestServer server = serving(new ScriptedModel(calls(program)))) {
            SlowReader<RunAgentRequest, AgentEvent> reader =
                    new SlowReader<>(server.channel(), AgentServiceGrpc.getRunAgentMethod(), TASK, _ -> 1);
            assertThat(TestServer.becomes(() -> {
                        server.passSendTimeout();
                        return isRecorded(AgentEnd.CANCELLED);
                    }))
                    .isTrue();
            assertThat(vmm.livingCount()).isZero();
            reader.read(Integer.MAX_VALUE);
            assertThat(reader.status().getCode()).isEqualTo(Status.Code.CANCELLED);
        }
    }

    @Test
    void theClientsDeadlineReachesTheProgram() throws IOException {
        vmm = new FakeVmm(_ -> new FakeGuest().hanging());
        try (TestServer server = serving(new ScriptedModel(calls(PROGRAM)))) {
            StatusRuntimeException status = GrowingTimeout.from(
                    Duration.ofSeconds(1),
                    deadline -> catchThrowableOfType(
                            StatusRuntimeException.class,
                            () -> stub(server.channel())
                                    .withDeadlineAfter(deadline)
                                    .runAgent(TASK)
                                    .forEachRemaining(_ -> {})),
                    _ -> !vmm.starts().isEmpty());
            assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
            assertThat(TestServer.becomes(() -> vmm.livingCount() == 0)).isTrue();
            assertThat(TestServer.becomes(() -> isRecorded(AgentEnd.CANCELLED) || isRecorded(AgentEnd.TIME_LIMIT)))
                    .isTrue();
        }
    }

    @Test
    void whatIsNotAllowedIsRefusedByTheNameOfItsField() throws IOException {
        RunAgentRequest.Builder iterations = TASK.toBuilder();
        iterations.getLimitsBuilder().setIterations(11);
        RunAgentRequest.Builder time = TASK.toBuilder();
        time.getLimitsBuilder().setTimeoutSecs(-1);
        Map<RunAgentRequest.Builder, String> wrong = Map.of(
                RunAgentRequest.newBuilder(),
                "task",
                RunAgentRequest.newBuilder().setTask("a\0b"),
                "task",
                RunAgentRequest.newBuilder().setTask("x".repeat(2 << 20)),
                "task",
                TASK.toBuilder().setModel("a b"),
                "model",
                TASK.toBuilder().setSize("huge"),
                "size",
                iterations,
                "limits.iterations",
                time,
                "limits.timeout_secs");
        try (TestServer server = serving(new ScriptedModel(says("One.")))) {
            wrong.forEach((request, field) -> {
                StatusRuntimeException status = failure(server.channel(), request.build());
                assertThat(status.getStatus().getCode()).as(field).isEqualTo(Status.Code.INVALID_ARGUMENT);
                assertThat(TestServer.field(status)).isEqualTo(field);
            });
        }
        assertThat(sessions.list()).isEmpty();
    }

    private boolean isRecorded(AgentEnd end) {
        return sessions.list().stream()
                .flatMap(session -> sessions.session(session.id()).runs().stream())
                .flatMap(run -> run.result().stream())
                .anyMatch(result -> result.end() == end);
    }

    @Test
    void aQuotaThatEndsInTheMiddleOfARunIsToldAsWhatItIs() throws IOException {
        Tenant tenant = new Tenant.KeyHolder(keys.create(new KeyGrant(
                        new KeyName("ci"),
                        EnumSet.of(Scope.AGENT),
                        Optional.empty(),
                        Optional.of(new Quota(1)),
                        PoolShare.UNLIMITED))
                .key());
        ScriptedModel model = new ScriptedModel(calls(PROGRAM), calls(PROGRAM), says("It is 42."));
        try (TestServer server = serving(model, tenant)) {
            StatusRuntimeException failure = failure(server.channel(), TASK);
            assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(TestServer.reason(failure)).isEqualTo("QUOTA_EXCEEDED");
            assertThat(TestServer.hasRetryDelay(failure)).isTrue();
        }
        assertThat(vmm.starts()).hasSize(1);
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aRunIsATraceFromTheCallByModelAndMachineToTheGuest() throws IOException {
        ScriptedModel model = new ScriptedModel(calls(PROGRAM), says("It is 42."));
        try (Recorded recorded = new Recorded(1);
                TestServer server =
                        serving(recorded.tracing().traced(model), new Tenant.Loopback(), recorded.tracing())) {
            List<AgentEvent> events = events(server.channel(), TASK);
            assertThat(events).isNotEmpty();
            SpanData task = recorded.span("agent task");
            assertThat(task.getParentSpanId())
                    .isEqualTo(recorded.span("neurovisor.agent.AgentService/RunAgent")
                            .getSpanId());
            List<SpanData> asked = recorded.spans().stream()
                    .filter(span -> span.getName().equals("chat scripted"))
                    .toList();
            assertThat(asked).hasSize(2).allMatch(span -> span.getParentSpanId().equals(task.getSpanId()));
            assertThat(model.requests().getFirst().traceparent())
                    .contains("00-" + task.getTraceId() + "-" + asked.getFirst().getSpanId() + "-01");
            assertThat(recorded.span("execute").getParentSpanId()).isEqualTo(task.getSpanId());
            assertThat(recorded.spans()).allMatch(span -> span.getTraceId().equals(task.getTraceId()));
        }
    }

    private TestServer serving(ScriptedModel model) throws IOException {
        return serving(model, new Tenant.Loopback());
    }

    private TestServer serving(ScriptedModel model, Tenant tenant) throws IOException {
        return serving(model, tenant, Tracing.OFF);
    }

    private TestServer serving(Model model, Tenant tenant, Tracing tracing) throws IOException {
        TenantExecutions executions = new TenantExecutions(
                TestPools.executions(vmm, TestFiles.bootFiles(), Ticker.SYSTEM, tracing.executions()),
                new Quotas(keys, InstantSource.system()),
                audit);
        AgentSettings settings = new AgentSettings(AgentLimits.USUAL, Duration.ofSeconds(30), SandboxSize.SMALL);
        return new TestServer(
                List.of(new AgentGrpcService(
                        _ -> model,
                        executions,
                        settings,
                        Optional.of(sessions),
                        new AgentMetrics(new PrometheusRegistry()),
                        tracing)),
                tenant,
                tracing);
    }

    private static SessionId session(List<AgentEvent> events) {
        return new SessionId(UUID.fromString(events.getFirst().getStarted().getSession()));
    }

    private static List<AgentEvent> events(Channel channel, RunAgentRequest request) {
        List<AgentEvent> events = new ArrayList<>();
        stub(channel).runAgent(request).forEachRemaining(events::add);
        return events;
    }

    private static StatusRuntimeException failure(Channel channel, RunAgentRequest request) {
        return catchThrowableOfType(
                StatusRuntimeException.class,
                () -> stub(channel).runAgent(request).forEachRemaining(_ -> {}));
    }

    private static AgentServiceGrpc.AgentServiceBlockingStub stub(Channel channel) {
        return AgentServiceGrpc.newBlockingStub(channel);
    }
}

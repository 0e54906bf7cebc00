package io.neurovisor.server.grpc.model;

import static io.neurovisor.server.grpc.model.AgentServers.events;
import static io.neurovisor.server.grpc.model.AgentServers.failure;
import static io.neurovisor.server.grpc.model.AgentServers.session;
import static io.neurovisor.server.grpc.model.AgentServers.stub;
import static io.neurovisor.server.grpc.model.ScriptedModel.calls;
import static io.neurovisor.server.grpc.model.ScriptedModel.fails;
import static io.neurovisor.server.grpc.model.ScriptedModel.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.agent.model.ModelFailure.Reason;
import io.neurovisor.proto.agent.AgentEvent;
import io.neurovisor.proto.agent.AgentEvent.EventCase;
import io.neurovisor.proto.agent.AgentOutcome;
import io.neurovisor.proto.agent.AgentServiceGrpc;
import io.neurovisor.proto.agent.RunAgentRequest;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.access.keys.Quota;
import io.neurovisor.server.grpc.SlowReader;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.server.trace.Recorded;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.GrowingTimeout;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs tasks by real calls, with a scripted model and fake machines. */
@Timeout(120)
final class AgentGrpcServiceTest {
    private static final String PROGRAM = "{\"language\": \"python\", \"code\": \"print(6*7)\"}";
    private static final RunAgentRequest TASK =
            RunAgentRequest.newBuilder().setTask("Count").build();

    @TempDir
    private Path directory;

    private FakeVmm vmm = new FakeVmm(_ -> new FakeGuest());
    private AgentServers servers;

    @BeforeEach
    void open() {
        servers = new AgentServers(directory);
    }

    @AfterEach
    void close() {
        servers.close();
    }

    @Test
    void sendsAndRecordsTheEventsOfARun() throws IOException {
        ScriptedModel model = new ScriptedModel(calls(PROGRAM), says("It is 42."));
        List<AgentEvent> events;
        try (TestServer server = servers.serving(vmm, model)) {
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
        assertThat(servers.session(session(events)).runs()).singleElement().satisfies(run -> {
            assertThat(run.task().text()).isEqualTo("Count");
            assertThat(run.messages()).hasSize(3);
        });
        assertThat(vmm.livingCount()).isZero();
        assertThat(directory.resolve("audit/audit.jsonl"))
                .content()
                .contains("\"method\":\"neurovisor.agent.AgentService/RunAgent\"", "\"tenant\":\"loopback\"");
    }

    @Test
    void aLimitEndsARunWithAPartialResult() throws IOException {
        RunAgentRequest.Builder request = TASK.toBuilder();
        request.getLimitsBuilder().setIterations(2);
        try (TestServer server = servers.serving(vmm, new ScriptedModel(calls(PROGRAM)))) {
            AgentEvent last = events(server.channel(), request.build()).getLast();
            assertThat(last.getFinished().getOutcome()).isEqualTo(AgentOutcome.AGENT_OUTCOME_ITERATION_LIMIT);
            assertThat(last.getFinished().getAnswer()).isEqualTo("print(6*7)");
            assertThat(last.getFinished().getExplanation()).contains("2 iterations");
        }
    }

    @Test
    void reportsAnInvalidToolCallToTheModel() throws IOException {
        try (TestServer server =
                servers.serving(vmm, new ScriptedModel(calls("{\"language\": \"cobol\"}"), says("Well.")))) {
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
        try (TestServer server = servers.serving(vmm, new ScriptedModel(fails(Reason.UNREACHABLE)))) {
            StatusRuntimeException status = catchThrowableOfType(
                    StatusRuntimeException.class,
                    () -> stub(server.channel()).runAgent(TASK).forEachRemaining(events::add));
            assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(TestServer.reason(status)).isEqualTo("MODEL_UNREACHABLE");
            assertThat(events.getLast().getFinished().getOutcome()).isEqualTo(AgentOutcome.AGENT_OUTCOME_MODEL_FAILED);
        }
        events.clear();
        vmm.failStarts("no such device");
        try (TestServer server = servers.serving(vmm, new ScriptedModel(calls(PROGRAM)))) {
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
    void aDisconnectEndsProgramMachineAndRun() throws Exception {
        vmm = new FakeVmm(_ -> new FakeGuest().hanging());
        try (TestServer server = servers.serving(vmm, new ScriptedModel(calls(PROGRAM)))) {
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
        ScriptedModel model = new ScriptedModel(calls(program));
        try (TestServer server = servers.serving(vmm, model)) {
            SlowReader<RunAgentRequest, AgentEvent> reader =
                    new SlowReader<>(server.channel(), AgentServiceGrpc.getRunAgentMethod(), TASK, _ -> 1);
            // Cancelled before its run begins, the call would record no end.
            assertThat(TestServer.becomes(() -> !model.requests().isEmpty())).isTrue();
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
        try (TestServer server = servers.serving(vmm, new ScriptedModel(calls(PROGRAM)))) {
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
    void rejectsInvalidValuesWithTheNameOfTheField() throws IOException {
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
        try (TestServer server = servers.serving(vmm, new ScriptedModel(says("One.")))) {
            wrong.forEach((request, field) -> {
                StatusRuntimeException status = failure(server.channel(), request.build());
                assertThat(status.getStatus().getCode()).as(field).isEqualTo(Status.Code.INVALID_ARGUMENT);
                assertThat(TestServer.field(status)).isEqualTo(field);
            });
        }
        assertThat(servers.recorded()).isEmpty();
    }

    private boolean isRecorded(AgentEnd end) {
        return servers.recorded().stream()
                .flatMap(session -> servers.session(session.id()).runs().stream())
                .flatMap(run -> run.result().stream())
                .anyMatch(result -> result.end() == end);
    }

    @Test
    void reportsAQuotaThatIsUsedUpDuringARun() throws IOException {
        Tenant tenant = servers.key("ci", Optional.of(new Quota(1)));
        ScriptedModel model = new ScriptedModel(calls(PROGRAM), calls(PROGRAM), says("It is 42."));
        try (TestServer server = servers.serving(vmm, model, tenant)) {
            StatusRuntimeException failure = failure(server.channel(), TASK);
            assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(TestServer.reason(failure)).isEqualTo("QUOTA_EXCEEDED");
            assertThat(TestServer.hasRetryDelay(failure)).isTrue();
        }
        assertThat(vmm.starts()).hasSize(1);
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void aRunIsOneTraceFromTheCallToTheGuest() throws IOException {
        ScriptedModel model = new ScriptedModel(calls(PROGRAM), says("It is 42."));
        try (Recorded recorded = new Recorded(1);
                TestServer server = servers.serving(
                        vmm, recorded.tracing().traced(model), new Tenant.Loopback(), recorded.tracing())) {
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
}

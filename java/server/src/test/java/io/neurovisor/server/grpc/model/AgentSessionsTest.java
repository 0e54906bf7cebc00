package io.neurovisor.server.grpc.model;

import static io.neurovisor.server.grpc.model.AgentServers.events;
import static io.neurovisor.server.grpc.model.AgentServers.failure;
import static io.neurovisor.server.grpc.model.AgentServers.session;
import static io.neurovisor.server.grpc.model.ScriptedModel.calls;
import static io.neurovisor.server.grpc.model.ScriptedModel.says;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.agent.model.Message;
import io.neurovisor.proto.agent.AgentEvent;
import io.neurovisor.proto.agent.AgentServiceGrpc;
import io.neurovisor.proto.agent.RunAgentRequest;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.grpc.SlowReader;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.server.trace.Recorded;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Which sessions a call may continue, and who can read their ids. */
@Timeout(120)
final class AgentSessionsTest {
    private static final String PROGRAM = "{\"language\": \"python\", \"code\": \"print(6*7)\"}";
    private static final String TRACEPARENT = "00-01941ab36d8c7a2bb4e19c1234567890-00f067aa0ba902b7-01";
    private static final RunAgentRequest TASK =
            RunAgentRequest.newBuilder().setTask("Count").build();

    /** The id of a session that does not exist. */
    private static final String ABSENT = new UUID(1, 2).toString();

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
    void aSessionIsContinuedByItsCompleteIdOnly() throws IOException {
        ScriptedModel model = new ScriptedModel(says("One."), says("Two."));
        try (TestServer server = servers.serving(vmm, model)) {
            List<AgentEvent> first = events(server.channel("traceparent", TRACEPARENT), TASK);
            String id = session(first).toString();
            // Both runs belong to one trace id, which the client chooses and which is not a session id.
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
            assertThat(servers.session(session(first)).runs()).hasSize(2);
            for (String other : List.of("last", id.substring(0, 35), "%", "0")) {
                StatusRuntimeException status = failure(server.channel(), continuing(other));
                assertThat(code(status)).isEqualTo(Status.Code.INVALID_ARGUMENT);
                assertThat(TestServer.field(status)).isEqualTo("session");
            }
            assertThat(code(failure(server.channel(), continuing(ABSENT)))).isEqualTo(Status.Code.NOT_FOUND);
        }
    }

    @Test
    void aTraceIdFindsARunButContinuesNoSession() throws IOException {
        try (TestServer server = servers.serving(vmm, new ScriptedModel(says("One.")))) {
            List<AgentEvent> events = events(server.channel(), TASK);
            String trace = events.getFirst().getStarted().getTraceId();
            assertThat(servers.find(trace)).isEqualTo(session(events));
            assertThat(code(failure(server.channel(), continuing(trace)))).isEqualTo(Status.Code.NOT_FOUND);
        }
    }

    @Test
    void aSessionBelongsToTheTenantThatRecordedIt() throws IOException {
        List<Tenant> tenants = List.of(
                new Tenant.Loopback(),
                new Tenant.LocalUser(1000),
                new Tenant.LocalUser(0),
                servers.key("ci", Optional.empty()),
                servers.key("web", Optional.empty()));
        Map<Tenant, String> ids = new HashMap<>();
        for (Tenant tenant : tenants) {
            try (TestServer server = servers.serving(vmm, new ScriptedModel(says("One.")), tenant)) {
                ids.put(tenant, session(events(server.channel(), TASK)).toString());
            }
        }
        for (Tenant tenant : tenants) {
            try (TestServer server = servers.serving(vmm, new ScriptedModel(says("Two.")), tenant)) {
                StatusRuntimeException unknown = failure(server.channel(), continuing(ABSENT));
                for (Tenant owner : tenants) {
                    String id = String.valueOf(ids.get(owner));
                    if (owner.equals(tenant)) {
                        assertThat(events(server.channel(), continuing(id))).isNotEmpty();
                    } else {
                        StatusRuntimeException status = failure(server.channel(), continuing(id));
                        assertThat(code(status)).isEqualTo(Status.Code.NOT_FOUND);
                        assertThat(TestServer.reason(status)).isEqualTo(TestServer.reason(unknown));
                        assertThat(status.getStatus().getDescription())
                                .isEqualTo(String.valueOf(unknown.getStatus().getDescription())
                                        .replace(ABSENT, id));
                    }
                }
            }
        }
        assertThat(servers.recorded())
                .extracting(session -> session.owner().label().replaceFirst("@.*", ""))
                .containsExactlyInAnyOrder("loopback", "user:1000", "user:0", "key:ci", "key:web");
    }

    @Test
    void anotherTenantsSessionIsUnknownWhileItRuns() throws Exception {
        vmm = new FakeVmm(_ -> new FakeGuest().hanging());
        try (TestServer owner = servers.serving(vmm, new ScriptedModel(calls(PROGRAM)), new Tenant.LocalUser(1000));
                TestServer other = servers.serving(vmm, new ScriptedModel(says("Two.")), new Tenant.Loopback())) {
            SlowReader<RunAgentRequest, AgentEvent> reader =
                    new SlowReader<>(owner.channel(), AgentServiceGrpc.getRunAgentMethod(), TASK, _ -> 1);
            reader.read(Integer.MAX_VALUE);
            assertThat(TestServer.becomes(() -> vmm.livingCount() == 1)).isTrue();
            String id = servers.recorded().getFirst().id().toString();
            assertThat(code(failure(other.channel(), continuing(id)))).isEqualTo(Status.Code.NOT_FOUND);
            assertThat(code(failure(owner.channel(), continuing(id)))).isEqualTo(Status.Code.FAILED_PRECONDITION);
            reader.cancel();
            assertThat(TestServer.becomes(() -> vmm.livingCount() == 0)).isTrue();
        }
    }

    @Test
    void sessionIdsAreInNoLogSpanMetricOrAuditLine() throws IOException {
        Logger logger = (Logger) LoggerFactory.getLogger("io.neurovisor");
        Level level = logger.getLevel();
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        logger.setLevel(Level.TRACE);
        ScriptedModel model = new ScriptedModel(calls(PROGRAM), says("One."), says("Two."));
        String id;
        List<String> reported = new ArrayList<>();
        try (Recorded recorded = new Recorded(1);
                TestServer server = servers.serving(vmm, model, new Tenant.Loopback(), recorded.tracing());
                TestServer other = servers.serving(vmm, model, new Tenant.LocalUser(1000), recorded.tracing())) {
            id = session(events(server.channel(), TASK)).toString();
            assertThat(events(server.channel(), continuing(id))).isNotEmpty();
            assertThat(code(failure(server.channel(), continuing(ABSENT)))).isEqualTo(Status.Code.NOT_FOUND);
            assertThat(code(failure(other.channel(), continuing(id)))).isEqualTo(Status.Code.NOT_FOUND);
            assertThat(recorded.spans()).isNotEmpty();
            recorded.spans().forEach(span -> reported.add(span.toString()));
        } finally {
            logger.setLevel(level);
            logger.detachAppender(log);
        }
        assertThat(log.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .anyMatch(line -> line.startsWith("the run is recorded as "));
        log.list.forEach(
                event -> reported.add(event + " " + event.getKeyValuePairs() + " " + event.getMDCPropertyMap()));
        servers.registry().scrape().forEach(metric -> reported.add(metric.toString()));
        servers.registry().scrape().stream()
                .flatMap(metric -> metric.getDataPoints().stream())
                .forEach(point -> reported.add(point.getLabels().toString()));
        reported.addAll(Files.readAllLines(directory.resolve("audit/audit.jsonl")));
        assertThat(reported).noneMatch(text -> text.contains(id)).noneMatch(text -> text.contains(ABSENT));
        assertThat(model.requests().toString()).doesNotContain(id);
    }

    @Test
    void aRunWithoutHistoryIsNotRecorded() throws IOException {
        try (TestServer server = servers.serving(vmm, new ScriptedModel(says("One.")))) {
            List<AgentEvent> events =
                    events(server.channel(), TASK.toBuilder().setNoHistory(true).build());
            assertThat(events.getFirst().getStarted().getSession()).isEmpty();
            assertThat(servers.recorded()).isEmpty();
        }
    }

    private static RunAgentRequest continuing(String session) {
        return TASK.toBuilder().setSession(session).build();
    }

    private static Status.Code code(StatusRuntimeException failure) {
        return failure.getStatus().getCode();
    }
}

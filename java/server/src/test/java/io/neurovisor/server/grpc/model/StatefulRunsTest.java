package io.neurovisor.server.grpc.model;

import static io.neurovisor.server.grpc.model.AgentServers.events;
import static io.neurovisor.server.grpc.model.AgentServers.failure;
import static io.neurovisor.server.grpc.model.AgentServers.session;
import static io.neurovisor.server.grpc.model.ScriptedModel.calls;
import static io.neurovisor.server.grpc.model.ScriptedModel.fails;
import static io.neurovisor.server.grpc.model.ScriptedModel.says;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.agent.model.ModelFailure.Reason;
import io.neurovisor.proto.agent.AgentEvent;
import io.neurovisor.proto.agent.AgentEvent.EventCase;
import io.neurovisor.proto.agent.Display;
import io.neurovisor.proto.agent.DisplayPart;
import io.neurovisor.proto.agent.RunAgentRequest;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.agent.FakeAgentSandboxes;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.session.SessionId;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs tasks whose code is executed in a sandbox, with a scripted model and interpreters in memory. */
@Timeout(120)
final class StatefulRunsTest {
    private static final RunAgentRequest TASK =
            RunAgentRequest.newBuilder().setTask("Count").setStateful(true).build();

    @TempDir
    private Path directory;

    private final FakeVmm vmm = new FakeVmm(_ -> new FakeGuest());
    /** Cells are run on behalf of the tenant of the call. */
    private final FakeAgentSandboxes sandboxes =
            new FakeAgentSandboxes(() -> assertThat(Tenant.ofCall()).isNotNull());

    private AgentServers servers;

    @BeforeEach
    void open() {
        servers = new AgentServers(directory).with(sandboxes);
    }

    @AfterEach
    void close() {
        servers.close();
    }

    @Test
    void aSessionContinuesInItsSandbox() throws IOException {
        String session;
        try (TestServer server =
                servers.serving(vmm, new ScriptedModel(python("n = 41"), python("n + 1"), says("It is 42.")))) {
            List<AgentEvent> events = events(server.channel(), TASK);
            session = session(events).toString();
            assertThat(events.getFirst().getStarted().getSandboxId()).isEqualTo("sandbox1");
            assertThat(outputs(events)).containsExactly("", "42\n");
        }
        assertThat(servers.session(id(session)).sandbox()).contains("sandbox1");
        assertThat(sandboxes.takeChanges())
                .containsExactly("create sandbox1 of size small for 3660 s", "pause sandbox1");
        try (TestServer server = servers.serving(vmm, new ScriptedModel(python("n + 2"), says("It is 43.")))) {
            List<AgentEvent> events = events(
                    server.channel(),
                    RunAgentRequest.newBuilder()
                            .setTask("And one more?")
                            .setSession(session)
                            .build());
            assertThat(outputs(events)).containsExactly("43\n");
        }
        assertThat(sandboxes.takeChanges()).containsExactly("resume sandbox1", "pause sandbox1");
        assertThat(vmm.starts()).isEmpty();
    }

    @Test
    void aSessionWhoseSandboxHasEndedContinuesOnlyInAWantedNewOne() throws IOException {
        try (TestServer server = servers.serving(vmm, new ScriptedModel(python("n = 41"), says("Well.")))) {
            String session = session(events(server.channel(), TASK)).toString();
            sandboxes.kill("sandbox1");
            StatusRuntimeException refusal = failure(
                    server.channel(),
                    TASK.toBuilder().setSession(session).setStateful(false).build());
            assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
            assertThat(TestServer.reason(refusal)).isEqualTo("SANDBOX_UNKNOWN");
            List<AgentEvent> events = events(
                    server.channel(), TASK.toBuilder().setSession(session).build());
            assertThat(events.getFirst().getStarted().getSandboxId()).isEqualTo("sandbox2");
            assertThat(servers.session(id(session)).sandbox()).contains("sandbox2");
        }
    }

    @Test
    void aSandboxEndsWithARunThatIsNotRecorded() throws IOException {
        try (TestServer server = servers.serving(vmm, new ScriptedModel(python("n = 41"), says("Well.")))) {
            assertThat(events(
                            server.channel(),
                            TASK.toBuilder().setNoHistory(true).build()))
                    .isNotEmpty();
        }
        assertThat(sandboxes.takeChanges())
                .containsExactly("create sandbox1 of size small for 3660 s", "kill sandbox1");
    }

    @Test
    void aSandboxIsPausedWhenItsRunFails() throws IOException {
        try (TestServer server = servers.serving(vmm, new ScriptedModel(fails(Reason.UNREACHABLE)))) {
            assertThat(TestServer.reason(failure(server.channel(), TASK))).isEqualTo("MODEL_UNREACHABLE");
        }
        assertThat(sandboxes.takeChanges())
                .containsExactly("create sandbox1 of size small for 3660 s", "pause sandbox1");
    }

    @Test
    void sendsRichResults() throws IOException {
        String image = "from IPython import display; display.Image(b'pixels', format='png')";
        try (TestServer server = servers.serving(vmm, new ScriptedModel(python(image), says("See the plot.")))) {
            List<AgentEvent> events = events(server.channel(), TASK);
            Display display = events.stream()
                    .filter(event -> event.getEventCase() == EventCase.DISPLAY)
                    .map(AgentEvent::getDisplay)
                    .findFirst()
                    .orElseThrow();
            assertThat(display.getCallId()).isEqualTo("call_a");
            assertThat(display.getPartsList())
                    .extracting(DisplayPart::getMimeType)
                    .containsExactly("text/plain", "image/png");
            assertThat(display.getParts(1).getData().toStringUtf8()).isEqualTo("pixels");
            assertThat(display.getParts(1).getSizeBytes()).isEqualTo(6);
        }
    }

    @Test
    void leavesOutWhatExceedsAMessage() throws IOException {
        String image = "from IPython import display; display.Image(b'x' * 4194304, format='png')";
        try (TestServer server = servers.serving(vmm, new ScriptedModel(python(image), says("See the plot.")))) {
            DisplayPart part = events(server.channel(), TASK).stream()
                    .filter(event -> event.getEventCase() == EventCase.DISPLAY)
                    .map(event -> event.getDisplay().getParts(1))
                    .findFirst()
                    .orElseThrow();
            assertThat(part.getData().isEmpty()).isTrue();
            assertThat(part.getSizeBytes()).isEqualTo(4 << 20);
        }
    }

    @Test
    void needsTheScopeOfSandboxes() throws IOException {
        Tenant tenant = servers.key("agents", Optional.empty());
        try (TestServer server = servers.serving(vmm, new ScriptedModel(says("One.")), tenant)) {
            StatusRuntimeException denial = failure(server.channel(), TASK);
            assertThat(denial.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
            assertThat(denial.getStatus().getDescription()).contains("sandbox", "stateful run");
        }
        assertThat(sandboxes.takeChanges()).isEmpty();
    }

    @Test
    void aServerWithoutSandboxesSaysSo() throws IOException {
        try (AgentServers none = new AgentServers(directory.resolve("none"));
                TestServer server = none.serving(vmm, new ScriptedModel(says("One.")))) {
            StatusRuntimeException refusal = failure(server.channel(), TASK);
            assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
            assertThat(TestServer.field(refusal)).isEqualTo("stateful");
        }
    }

    private static List<String> outputs(List<AgentEvent> events) {
        return events.stream()
                .filter(event -> event.getEventCase() == EventCase.EXECUTION)
                .map(event -> event.getExecution().getStdout())
                .toList();
    }

    private static ScriptedModel.Reply python(String code) {
        return calls("{\"language\": \"python\", \"code\": \"" + code.replace("\n", "\\n") + "\"}");
    }

    private static SessionId id(String id) {
        return new SessionId(UUID.fromString(id));
    }
}

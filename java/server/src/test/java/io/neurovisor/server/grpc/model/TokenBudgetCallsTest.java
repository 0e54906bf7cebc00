package io.neurovisor.server.grpc.model;

import static io.neurovisor.server.grpc.model.AgentServers.failure;
import static io.neurovisor.server.grpc.model.ScriptedModel.calls;
import static io.neurovisor.server.grpc.model.ScriptedModel.fails;
import static io.neurovisor.server.grpc.model.ScriptedModel.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.agent.model.ModelFailure.Reason;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.proto.agent.RunAgentRequest;
import io.neurovisor.proto.inference.InferenceRequest;
import io.neurovisor.proto.inference.InferenceServiceGrpc;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.access.keys.TokenBudget;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.session.RecordedRun;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Model calls of a key with a token budget. Each scripted reply takes 110 tokens. */
@Timeout(120)
final class TokenBudgetCallsTest {
    private static final String PROGRAM = "{\"language\": \"python\", \"code\": \"print(6*7)\"}";
    private static final RunAgentRequest TASK =
            RunAgentRequest.newBuilder().setTask("Count").build();
    private static final InferenceRequest QUESTION =
            InferenceRequest.newBuilder().setPrompt("x".repeat(400)).build();

    private final FakeVmm vmm = new FakeVmm(_ -> new FakeGuest());

    @TempDir
    private Path directory;

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
    void aRunEndsAtTheModelCallThatExceedsTheBudget() throws IOException {
        Tenant tenant = servers.key("ci", new TokenBudget(200));
        ScriptedModel model = new ScriptedModel(calls(PROGRAM));
        try (TestServer server = servers.serving(vmm, model, tenant)) {
            isRefused(failure(server.channel(), TASK), "key ci has used 220 tokens of its 200/day");
        }
        assertThat(model.requests()).hasSize(2);
        assertThat(vmm.starts()).hasSize(2);
        RecordedRun run =
                servers.session(servers.recorded().getFirst().id()).runs().getFirst();
        assertThat(run.result().orElseThrow().end()).isEqualTo(AgentEnd.MODEL_FAILED);
        assertThat(run.result().orElseThrow().explanation()).startsWith("key ci has used 220 tokens");
    }

    @Test
    void aUsedUpBudgetSurvivesARestart() throws IOException {
        Tenant tenant = servers.key("ci", new TokenBudget(110));
        ScriptedModel model = new ScriptedModel(says("One."));
        try (TestServer server = servers.serving(vmm, model, tenant)) {
            assertThat(AgentServers.events(server.channel(), TASK)).isNotEmpty();
        }
        servers.close();
        open();
        try (TestServer server = servers.serving(vmm, model, tenant)) {
            isRefused(failure(server.channel(), TASK), "key ci has used 110 tokens of its 110/day");
        }
        try (TestServer server = servers.asking(model, tenant)) {
            isRefused(askFailure(server.channel()), "key ci has used 110 tokens of its 110/day");
        }
        assertThat(model.requests()).hasSize(1);
        assertThat(servers.recorded())
                .as("no session for a run that did not begin")
                .hasSize(1);
    }

    @Test
    void inferenceRequestsCountLikeRuns() throws IOException {
        Tenant tenant = servers.key("ci", new TokenBudget(220));
        ScriptedModel model = new ScriptedModel(says("One."));
        try (TestServer server = servers.asking(model, tenant)) {
            InferenceServiceGrpc.InferenceServiceBlockingStub stub =
                    InferenceServiceGrpc.newBlockingStub(server.channel());
            assertThat(stub.infer(QUESTION).getResponse()).isEqualTo("One.");
            stub.inferStream(QUESTION).forEachRemaining(_ -> {});
            isRefused(askFailure(server.channel()), "key ci has used 220 tokens of its 220/day");
        }
        try (TestServer server = servers.asking(model, servers.key("other", new TokenBudget(1)))) {
            assertThat(InferenceServiceGrpc.newBlockingStub(server.channel())
                            .infer(QUESTION)
                            .getResponse())
                    .isEqualTo("One.");
        }
    }

    @Test
    void estimatesUncountedTokensByLength() throws IOException {
        Tenant tenant = servers.key("ci", new TokenBudget(150));
        ScriptedModel model = new ScriptedModel(
                fails(Reason.UNREACHABLE), fails(Reason.CANCELLED), () -> ModelReply.of("y".repeat(400)));
        try (TestServer server = servers.asking(model, tenant)) {
            assertThat(askFailure(server.channel()).getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(askFailure(server.channel()).getStatus().getCode()).isEqualTo(Status.Code.CANCELLED);
            assertThat(InferenceServiceGrpc.newBlockingStub(server.channel())
                            .infer(QUESTION)
                            .getResponse())
                    .hasSize(400);
            isRefused(askFailure(server.channel()), "key ci has used 300 tokens of its 150/day");
        }
    }

    private static StatusRuntimeException askFailure(Channel channel) {
        return catchThrowableOfType(
                StatusRuntimeException.class,
                () -> InferenceServiceGrpc.newBlockingStub(channel).infer(QUESTION));
    }

    private static void isRefused(StatusRuntimeException refusal, String message) {
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(refusal.getStatus().getDescription()).startsWith(message + "; it has a new budget from ");
        assertThat(TestServer.reason(refusal)).isEqualTo("TOKENS_EXCEEDED");
        assertThat(TestServer.retryDelay(refusal)).isBetween(Duration.ofNanos(1), Duration.ofDays(1));
    }
}

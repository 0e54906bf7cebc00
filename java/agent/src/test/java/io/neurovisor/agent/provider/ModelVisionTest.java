package io.neurovisor.agent.provider;

import static io.neurovisor.testkit.FakeServer.chunked;
import static io.neurovisor.testkit.FakeServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.agent.model.CodeTool;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelImage;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.testkit.FakeServer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Images for models with vision, by both protocols. */
@Timeout(60)
@SuppressWarnings("NullAway.Init") // Set before each test.
final class ModelVisionTest {
    private FakeServer server;

    @BeforeEach
    void start() throws IOException {
        server = new FakeServer()
                .on("/api/version", json(200, "{\"version\": \"0.17.4\"}"))
                .on(
                        "/api/show",
                        json(
                                200,
                                "{\"capabilities\": [\"completion\", \"tools\"], \"model_info\":"
                                        + " {\"q.context_length\": 4096}}"))
                .on("/v1/models", json(200, "{\"data\": [{\"id\": \"m\", \"max_model_len\": 4096}]}"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @EnumSource(Wire.class)
    void imagesFollowTheResultsOfAReply(Wire wire) {
        server.on(wire.path(), chunked(wire.bytes()));
        ToolCall one = new ToolCall("call_a", "execute_code", "{\"language\": \"python\", \"code\": \"1\"}");
        ToolCall two = new ToolCall("call_b", "execute_code", "{\"language\": \"python\", \"code\": \"2\"}");
        open(wire, VisionChoice.AUTO)
                .ask(
                        new ModelRequest(
                                        List.of(
                                                new Message.User("Task"),
                                                new Message.Assistant("", List.of(one, two)),
                                                new Message.ToolResult(
                                                        one, "first", List.of(new ModelImage("image/png", "cGl4ZWxz"))),
                                                new Message.ToolResult(two, "second")),
                                        Duration.ofMinutes(1))
                                .withTool(CodeTool.CELL),
                        ReplyListener.NONE);
        String body = server.requests().getLast().body().replaceAll("\\s", "");
        assertThat(body)
                .contains(CodeTool.CELL.description().replace(" ", ""))
                .contains(wire == Wire.OLLAMA ? "\"images\":[\"cGl4ZWxz\"]" : "data:image/png;base64,cGl4ZWxz")
                .doesNotContain("rust");
        assertThat(body.indexOf("cGl4ZWxz")).isGreaterThan(body.indexOf("second"));
    }

    @Test
    void aModelHasVisionIfItsServerSaysSoOrTheUserDoes() {
        assertThat(open(Wire.OLLAMA, VisionChoice.AUTO).hasVision()).isFalse();
        assertThat(open(Wire.OPENAI, VisionChoice.AUTO).hasVision()).isFalse();
        assertThat(open(Wire.OPENAI, VisionChoice.ON).hasVision()).isTrue();
        server.on("/api/show", json(200, "{\"capabilities\": [\"completion\", \"tools\", \"vision\"]}"))
                .on("/props", json(200, "{\"modalities\": {\"vision\": true}}"));
        for (Wire wire : Wire.values()) {
            assertThat(open(wire, VisionChoice.AUTO).hasVision()).isTrue();
            assertThat(open(wire, VisionChoice.OFF).hasVision()).isFalse();
        }
    }

    private Model open(Wire wire, VisionChoice vision) {
        return ModelServers.open(new ModelChoice(
                wire.provider(),
                "m",
                false,
                Optional.of(server.uri()),
                server.uri(),
                Optional.empty(),
                Optional.empty(),
                vision));
    }
}

package io.neurovisor.server.agent;

import static io.neurovisor.testkit.FakeServer.chunked;
import static io.neurovisor.testkit.FakeServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.agent.loop.AgentLimits;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.testkit.FakeServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks the effect of each setting about models. */
final class AgentModelsTest {
    private static final byte[] REPLY = """
        {"model":"m","message":{"role":"assistant","content":"Good day"},"done":false}
        {"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}
        """.getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path home;

    @Test
    void aTaskHasTheConfiguredLimits() {
        AgentLimits limits = AgentModels.limits(load(
                        Map.of(
                                "max-iterations", "3",
                                "max-tool-calls", "5",
                                "max-tokens", "7000",
                                "agent-timeout", "11m",
                                "warm", "0",
                                "max", "2"),
                        Map.of())
                .config());
        assertThat(limits)
                .isEqualTo(
                        new AgentLimits(3, 7000, 5, 2, Duration.ofMinutes(11), AgentLimits.USUAL.outputCharacters()));
        assertThat(AgentModels.limits(load(Map.of(), Map.of()).config())).isEqualTo(AgentLimits.USUAL);
    }

    @Test
    void theModelStaysInMemoryForTheConfiguredTime() throws IOException {
        assertThat(asked(Map.of("keep-alive", "15m"), Map.of()).body())
                .containsPattern("\"keep_alive\"\\s*:\\s*900\\b");
        assertThat(asked(Map.of(), Map.of()).body()).doesNotContain("keep_alive");
    }

    @Test
    void asksTheConfiguredServerForTheConfiguredModel() throws IOException {
        assertThat(asked(Map.of("model", "other:7b"), Map.of()).body()).contains("\"other:7b\"");
        assertThat(asked(Map.of(), Map.of()).body()).contains("\"qwen3\"");
    }

    @Test
    void sendsTheKeyFromTheEnvironment() throws IOException {
        assertThat(asked(Map.of(), Map.of("NEUROVISOR_API_KEY", "of-the-environment"))
                        .head())
                .containsPattern("(?i)\r\nauthorization: Bearer of-the-environment\r\n");
        assertThat(asked(Map.of(), Map.of("OPENAI_API_KEY", "of-another")).head())
                .doesNotContainIgnoringCase("authorization");
    }

    /** Returns the request that the model server receives. */
    private FakeServer.Request asked(Map<String, String> flags, Map<String, String> variables) throws IOException {
        try (FakeServer server = new FakeServer()
                .on("/api/show", json(200, "{\"capabilities\": [\"tools\"]}"))
                .on("/api/chat", chunked(REPLY))) {
            Map<String, String> all = new HashMap<>(flags);
            all.put("ollama-host", server.uri().toString());
            LoadedConfig loaded = load(all, variables);
            assertThat(AgentModels.open(loaded, new ProcessEnvironment(variables, home))
                            .ask(
                                    new ModelRequest(List.of(new Message.User("Hello")), Duration.ofMinutes(1)),
                                    ReplyListener.NONE)
                            .text())
                    .isEqualTo("Good day");
            return server.requests().getLast();
        }
    }

    private LoadedConfig load(Map<String, String> flags, Map<String, String> variables) {
        LoadedConfig loaded = LoadedConfig.load(flags, Optional.empty(), new ProcessEnvironment(variables, home));
        assertThat(loaded.problems()).isEmpty();
        return loaded;
    }
}

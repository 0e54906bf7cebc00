package io.neurovisor.tests.sandbox;

import static io.neurovisor.tests.fixtures.ScriptedOllama.calls;
import static io.neurovisor.tests.fixtures.ScriptedOllama.says;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.ManagedChannel;
import io.neurovisor.proto.agent.AgentEvent;
import io.neurovisor.proto.agent.AgentEvent.EventCase;
import io.neurovisor.proto.agent.AgentServiceGrpc;
import io.neurovisor.proto.agent.RunAgentRequest;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.fixtures.ScriptedOllama;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Stateful agent runs with real sandboxes and a scripted model. */
@Timeout(300)
@SuppressWarnings("NullAway.Init") // Set before each test.
final class StatefulAgentIT {
    /** For the import of matplotlib, which takes over ten seconds on an emulated processor, and more beside other machines. */
    private static final String TIMEOUT = "--timeout=3m";

    private static final String PLOT =
            "python:import matplotlib.pyplot as plt\nplt.plot([1, 2, values[0]]); plt.title('Growth')";

    @TempDir
    private Path directory;

    private RunningDaemon daemon;
    private ScriptedOllama ollama;

    @BeforeEach
    void start() {
        ollama = new ScriptedOllama(
                calls("python:values = [41]; open('kept', 'w').write('file')"),
                calls(PLOT),
                says("Drawn."),
                calls("python:print(values[0] + 1, open('kept').read())"),
                says("It is 42."));
        daemon = RunningDaemon.start(
                directory,
                Map.of("NEUROVISOR_DATA_DIR", DataDirectories.ready(directory).toString()),
                "--warm=1",
                "--max=2",
                TIMEOUT,
                "--ollama-host=http://" + ollama.address());
    }

    @AfterEach
    void stop() {
        daemon.close();
        ollama.close();
    }

    @ShortTier
    @Test
    void aSessionKeepsVariablesFilesAndPlotsInItsSandbox() throws IOException {
        Path plots = directory.resolve("plots");
        CommandLineRun first =
                agent("agent", "--stateful", TIMEOUT, "--vision=on", "--out=" + plots, "--size=small", "Draw it");
        assertThat(first.exitCode()).as(first.stdout() + first.stderr()).isZero();
        assertThat(first.stdout()).contains("Result: Drawn.");
        try (Stream<Path> saved = Files.list(plots)) {
            assertThat(saved.filter(file -> file.toString().endsWith(".png")))
                    .as("plots after " + first.stdout() + first.stderr())
                    .singleElement()
                    .satisfies(plot -> assertThat(Files.readAllBytes(plot)).startsWith(0x89, 'P', 'N', 'G'));
        }
        assertThat(ollama.requests().get(2)).contains("image/png of", "Growth", "\"images\"");
        List<JsonNode> paused = sandboxes();
        assertThat(paused)
                .as("sandboxes after " + first.stdout() + first.stderr())
                .singleElement()
                .satisfies(sandbox -> assertThat(sandbox.path("state").asText()).isEqualTo("paused"));

        CommandLineRun second = agent("sessions", "resume", "--size=small", "last", "And one more?");
        assertThat(second.exitCode()).as(second.stdout() + second.stderr()).isZero();
        assertThat(second.stdout()).contains("Result: It is 42.");
        assertThat(ollama.requests().getLast()).contains("42 file");
        assertThat(sandboxes())
                .singleElement()
                .satisfies(sandbox -> assertThat(sandbox.path("id").asText())
                        .isEqualTo(paused.getFirst().path("id").asText()));

        CommandLineRun deleted = agent("sessions", "delete", "last");
        assertThat(deleted.exitCode()).as(deleted.stderr()).isZero();
        assertThat(sandboxes()).isEmpty();
    }

    @Test
    void clientsOfTheDaemonGetPlotsAndContinueTheirSession() {
        ManagedChannel channel = SandboxCommand.channel(directory.resolve("daemon.sock"));
        try {
            List<AgentEvent> first = run(
                    channel,
                    RunAgentRequest.newBuilder()
                            .setTask("Draw it")
                            .setSize("small")
                            .setStateful(true)
                            .build());
            assertThat(first)
                    .anySatisfy(event -> assertThat(event.getDisplay().getPartsList())
                            .anySatisfy(part -> {
                                assertThat(part.getMimeType()).isEqualTo("image/png");
                                assertThat(part.getData().toByteArray()).startsWith(0x89, 'P', 'N', 'G');
                            }));
            List<AgentEvent> second = run(
                    channel,
                    RunAgentRequest.newBuilder()
                            .setTask("And one more?")
                            .setSession(first.getFirst().getStarted().getSession())
                            .build());
            assertThat(second.getFirst().getStarted().getSandboxId())
                    .isEqualTo(first.getFirst().getStarted().getSandboxId())
                    .isNotEmpty();
            assertThat(second.stream()
                            .filter(event -> event.getEventCase() == EventCase.EXECUTION)
                            .map(event -> event.getExecution().getStdout()))
                    .containsExactly("42 file\n");
        } finally {
            channel.shutdownNow();
        }
    }

    private static List<AgentEvent> run(ManagedChannel channel, RunAgentRequest request) {
        List<AgentEvent> events = new ArrayList<>();
        AgentServiceGrpc.newBlockingStub(channel).runAgent(request).forEachRemaining(events::add);
        return events;
    }

    private CommandLineRun agent(String... arguments) {
        return CommandLineRun.of(
                Map.of(
                        "NEUROVISOR_DAEMON",
                        "on",
                        "NEUROVISOR_SOCKET",
                        directory.resolve("daemon.sock").toString(),
                        "NEUROVISOR_DATA_DIR",
                        directory.resolve("data").toString(),
                        "OLLAMA_HOST",
                        ollama.address()),
                arguments);
    }

    private List<JsonNode> sandboxes() throws IOException {
        CommandLineRun listed = SandboxCommand.of(directory.resolve("daemon.sock"), "list", "--json");
        assertThat(listed.exitCode()).as(listed.stderr()).isZero();
        return Stream.of(new ObjectMapper().readTree(listed.stdout()))
                .flatMap(JsonNode::valueStream)
                .toList();
    }
}

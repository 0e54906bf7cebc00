package io.neurovisor.tests.models;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.agent.model.AnswerSchema;
import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.agent.provider.ModelServers;
import io.neurovisor.tests.fixtures.CommandLineRun;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Tests agent mode with a real model server and real microVMs. The tests check requests, streaming, schemas and the execution of
 * programs, not the quality of the answers of a small model.
 */
@Timeout(value = 240, unit = TimeUnit.SECONDS)
abstract class ModelServerContract {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String COUNTING = "Count from one to fifteen in English words, one number on each line.";
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    /** A task with the expected part of the answer. One solved task is enough. */
    private record Task(String text, String answer) {}

    private static final List<Task> TASKS = List.of(
            new Task("Use Python to print the sum of 17 and 25", "42"),
            new Task("Use Python to print every prime number below 100 in one list", "97"),
            new Task("Use Python to print the product of 12 and 12", "144"));

    /** Returns the server; skips the test if there is none. */
    abstract RealServer server();

    @Test
    void streamsTheReplyOfTheModel() throws IOException {
        RealServer server = server();
        Model model = ModelServers.open(server.choice());
        List<String> pieces = new ArrayList<>();
        ModelReply reply = model.ask(request(COUNTING).withoutTools(), new ReplyListener() {
            @Override
            public void text(String piece) {
                pieces.add(piece);
            }

            @Override
            public void retry(String reason) {
                throw new AssertionError(reason);
            }
        });
        assertThat(pieces).as(reply.text()).hasSizeGreaterThan(10);
        assertThat(String.join("", pieces)).isEqualTo(reply.text());
        assertThat(reply.text()).containsIgnoringCase("three");
        assertThat(reply.usage().prompt()).isEqualTo(server.promptTokens(COUNTING, model.contextTokens()));
        assertThat(reply.usage().reply()).isGreaterThanOrEqualTo(pieces.size());
    }

    @Test
    void answerFollowsTheSchema() throws IOException {
        AnswerSchema schema = new AnswerSchema("""
                {"type": "object", "additionalProperties": false, "required": ["colour", "count"], "properties": {
                    "colour": {"type": "string", "enum": ["mauve", "ochre"]},
                    "count": {"type": "integer"}}}""");
        ModelReply reply = ModelServers.open(server().choice())
                .ask(request("Say hello to Ada.").answeredBy(schema), ReplyListener.NONE);
        JsonNode answer = JSON.readTree(reply.text());
        assertThat(answer.properties()).extracting(Map.Entry::getKey).containsExactlyInAnyOrder("colour", "count");
        assertThat(answer.path("colour").asText()).isIn("mauve", "ochre");
        assertThat(answer.path("count").isIntegralNumber()).as(reply.text()).isTrue();
    }

    @Test
    void programOfTheModelLeadsToAnAnswer() throws IOException {
        List<String> runs = new ArrayList<>();
        for (Task task : TASKS) {
            CommandLineRun run = command("agent", "--no-history", "--json", "--size=small", "--warm=1", task.text());
            assertThat(run.exitCode()).as(run.stdout() + run.stderr()).isIn(0, 3);
            List<JsonNode> events = events(run.stdout());
            JsonNode result = events.getLast();
            assertThat(result.path("prompt_tokens").asInt()).isPositive();
            assertThat(result.path("reply_tokens").asInt()).isPositive();
            boolean hasRun = events.stream()
                    .anyMatch(event -> event.path("event").asText().equals("execution")
                            && event.path("outcome").asText().equals("COMPLETED")
                            && event.path("stdout").asText().contains(task.answer()));
            if (hasRun && run.exitCode() == 0 && result.path("answer").asText().contains(task.answer())) {
                return;
            }
            runs.add(run.stdout());
        }
        throw new AssertionError("none of the tasks was solved: " + String.join("\n", runs));
    }

    @Test
    void latencyExampleHoldsItsPromise() {
        CommandLineRun run = command("example", "streaming_latency");
        assertThat(run.exitCode()).as(run.stdout() + run.stderr()).isZero();
        assertThat(run.stdout()).contains("time to first token", "tokens/s", "the promise held");
    }

    /** Runs {@code ./neurovisor} with the model of this server. */
    final CommandLineRun command(String... arguments) {
        RealServer server = server();
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(server.arguments());
        return CommandLineRun.of(all.toArray(String[]::new));
    }

    static List<JsonNode> events(String output) throws IOException {
        List<JsonNode> events = new ArrayList<>();
        for (String line : output.lines().toList()) {
            events.add(JSON.readTree(line));
        }
        return events;
    }

    private static ModelRequest request(String text) {
        return new ModelRequest(List.of(new Message.User(text)), PATIENCE);
    }
}

package io.neurovisor.agent.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.agent.model.ToolCall;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CallTextTest {
    private static final Set<String> TOOLS = Set.of("execute_code");
    private static final ObjectMapper JSON = new ObjectMapper();

    /** A text of a model family with its expected parts. */
    record Transcript(String title, String text, String thinking, List<JsonNode> calls, String answer) {
        @Override
        public String toString() {
            return title;
        }
    }

    @ParameterizedTest
    @MethodSource("transcripts")
    void findsExactlyTheCallsOfEveryFamily(Transcript transcript) {
        ParsedReply reading = CallText.read(transcript.text(), TOOLS);
        assertThat(reading.calls().stream().map(CallTextTest::asJson)).containsExactlyElementsOf(transcript.calls());
        assertThat(reading.answer()).isEqualTo(transcript.answer());
        assertThat(reading.thinking()).isEqualTo(transcript.thinking());
    }

    @ParameterizedTest
    @MethodSource("transcripts")
    void findsThemWithLineEndsOfBothKinds(Transcript transcript) {
        ParsedReply reading = CallText.read(transcript.text().replace("\n", "\r\n"), TOOLS);
        assertThat(reading.calls()).hasSameSizeAs(transcript.calls());
    }

    @Test
    void thereAreEightFamiliesAtLeast() {
        Set<String> families = new HashSet<>();
        transcripts().forEach(transcript -> families.add(transcript.title().replaceAll("[ :].*", "")));
        assertThat(families)
                .contains(
                        "qwen3",
                        "llama",
                        "mistral",
                        "deepseek",
                        "gemma",
                        "glm",
                        "granite",
                        "phi",
                        "command",
                        "gpt-oss",
                        "kimi");
    }

    @Test
    void doesNotParseATooLongReply() {
        String text = "<tool_call>{".repeat(200_000);
        assertThat(CallText.read(text, TOOLS).answer()).isEqualTo(text);
    }

    /** Uses texts for which a naive search takes quadratic time. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"}\n",
                "\n",
                "{",
                "\"",
                "\n{",
                "'}  \n\n",
                "} ",
                "\"\n\n",
                "\n[{\"name\": ",
                "\n\nA b ",
                "\n\nAa bb cc dd"
            })
    void aHalfQuotedCallIsReadInBoundedTime(String piece) {
        String call = "{\"name\": \"execute_code\", \"arguments\": {\"language\": \"python\", \"code\": \"print(\"x\")";
        String text = call + piece.repeat(900_000 / piece.length());
        assertThat(assertTimeoutPreemptively(Duration.ofSeconds(60), () -> CallText.read(text, TOOLS)))
                .isNotNull();
    }

    static Stream<Transcript> transcripts() {
        List<Transcript> all = new ArrayList<>();
        for (String part : resource().split("(?m)^=== ", -1)) {
            if (!part.isBlank()) {
                all.add(transcript(part));
            }
        }
        return all.stream();
    }

    private static Transcript transcript(String part) {
        int lineEnd = part.indexOf('\n');
        String body = part.substring(lineEnd + 1);
        int calls = body.indexOf("--- calls\n");
        int answer = body.indexOf("--- answer\n", calls);
        int thinking = body.indexOf("--- thinking\n");
        String text = body.substring(0, thinking < 0 ? calls : thinking);
        String thought = thinking < 0 ? "" : body.substring(thinking + "--- thinking\n".length(), calls);
        List<JsonNode> expected = body.substring(calls + "--- calls\n".length(), answer)
                .lines()
                .map(CallTextTest::parsed)
                .toList();
        return new Transcript(
                part.substring(0, lineEnd),
                text.stripTrailing(),
                thought.strip(),
                expected,
                body.substring(answer + "--- answer\n".length()).strip());
    }

    private static JsonNode asJson(ToolCall call) {
        JsonNode arguments =
                call.name().isEmpty() ? JSON.getNodeFactory().textNode(call.arguments()) : parsed(call.arguments());
        return JSON.createObjectNode().put("name", call.name()).set("arguments", arguments);
    }

    private static JsonNode parsed(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException exception) {
            throw new AssertionError(json, exception);
        }
    }

    private static String resource() {
        try (InputStream input = CallTextTest.class.getResourceAsStream("transcripts.txt")) {
            return new String(input.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException exception) {
            throw new AssertionError(exception);
        }
    }
}

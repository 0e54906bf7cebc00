package io.neurovisor.agent.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Tests properties that hold for every text. */
final class CallTextPropertyTest {
    private static final Set<String> TOOLS = Set.of("execute_code");
    /** A parser whose time grows exponentially would take years; a busy machine takes seconds. */
    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** The markers of all formats. */
    private static final List<String> PIECES = List.of(
            "{",
            "}",
            "[",
            "]",
            "\"",
            "'",
            "`",
            "\\",
            ":",
            ",",
            "(",
            ")",
            "=",
            "\n",
            " ",
            "```",
            "```json\n",
            "\n```\n",
            "<tool_call>",
            "</tool_call>",
            "<function=execute_code>",
            "</function>",
            "<parameter=code>",
            "</parameter>",
            "<invoke name=\"execute_code\">",
            "</invoke>",
            "<|tool_call|>",
            "[TOOL_CALLS]",
            "[ARGS]",
            "<think>",
            "</think>",
            "<｜tool▁calls▁begin｜>",
            "<｜tool▁sep｜>",
            "<|python_tag|>",
            "<|channel|>commentary to=functions.execute_code",
            "<|message|>",
            "<arg_key>",
            "</arg_key>",
            "<arg_value>",
            "execute_code",
            "execute_code(",
            "\"name\": ",
            "\"execute_code\"",
            "\"arguments\": ",
            "\"language\": \"python\"",
            "\"code\": ",
            "\"\"\"",
            "'''",
            "Action: ",
            "Action Input: ",
            "x",
            "\u0000",
            "é",
            "\ud83d",
            "1e999999999",
            "functions.");

    @Property(tries = 2000)
    void noTextMakesItFailOrHang(@ForAll("texts") String text) {
        ParsedReply reading = assertTimeoutPreemptively(LIMIT, () -> CallText.read(text, TOOLS));
        assertThat(reading.calls()).allSatisfy(call -> assertThat(call.name()).isIn("execute_code", ""));
    }

    @Property(tries = 60)
    void repeatedPiecesAreParsedInBoundedTime(@ForAll("pieces") String piece, @ForAll("pieces") String other) {
        String text =
                (piece + other).repeat(40_000).substring(0, 40_000 * Math.min(6, piece.length() + other.length()));
        assertThat(assertTimeoutPreemptively(LIMIT, () -> CallText.read(text, TOOLS)))
                .isNotNull();
    }

    @Property(tries = 1000)
    void proseWithBracesIsNotACall(@ForAll("prose") String prose) {
        ParsedReply reading = CallText.read(prose, TOOLS);
        assertThat(reading.calls()).isEmpty();
        assertThat(reading.answer()).isEqualTo(prose.strip());
    }

    @Property(tries = 1000)
    void jsonWithoutAKnownToolIsNotACall(@ForAll("json") String json) {
        for (String answer : List.of(json, "The result:\n\n```json\n" + json + "\n```", "{\"answer\": " + json + "}")) {
            ParsedReply reading = CallText.read(answer, TOOLS);
            assertThat(reading.calls()).isEmpty();
            assertThat(reading.answer()).isEqualTo(answer.strip());
        }
    }

    @Property(tries = 500)
    void codeComesOutAsItWentIn(@ForAll("code") String code) {
        String json = LooseJsonText.quoted(code);
        String call = "{\"name\": \"execute_code\", \"arguments\": {\"language\": \"python\", \"code\": " + json + "}}";
        for (String text :
                List.of(call, "<tool_call>\n" + call + "\n</tool_call>", "Now:\n```json\n" + call + "\n```")) {
            ParsedReply reading = CallText.read(text, TOOLS);
            assertThat(reading.calls()).hasSize(1);
            assertThat(LooseJson.object(reading.calls().getFirst().arguments())
                            .orElseThrow()
                            .path("code")
                            .asText())
                    .isEqualTo(code);
        }
    }

    @Provide
    Arbitrary<String> pieces() {
        return Arbitraries.of(PIECES);
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.oneOf(
                Arbitraries.of(PIECES).list().ofMaxSize(60).map(pieces -> String.join("", pieces)),
                Arbitraries.strings().ofMaxLength(200));
    }

    @Provide
    Arbitrary<String> prose() {
        return Arbitraries.of(
                        "The set {1, 2, 3}",
                        "maps to",
                        "f(x) = {x | x > 0}",
                        "and",
                        "[a, b)",
                        "execute_code",
                        "is a tool",
                        "a<b>c",
                        "\n",
                        "Use {\"name\": \"x\"}",
                        "I ran execute_code(\"python\", \"1\")",
                        "`{}`",
                        "{{ template }}",
                        "- item {one}",
                        "def f(): return {}",
                        "name: execute_code, code: 1",
                        "The name \"execute_code\":")
                .list()
                .ofMinSize(1)
                .ofMaxSize(12)
                .map(words -> "Answer: " + String.join(" ", words));
    }

    @Provide
    Arbitrary<String> json() {
        Arbitrary<String> leaf = Arbitraries.of(
                "1",
                "null",
                "true",
                "\"python\"",
                "\"print(1)\"",
                "[]",
                "{}",
                "\"execute_codes\"",
                "{\"code\": \"1\"}");
        Arbitrary<String> key = Arbitraries.of("name", "arguments", "language", "code", "result", "tool", "function");
        return net.jqwik.api.Combinators.combine(key, leaf, key, leaf)
                .as((first, value, second, other) ->
                        "{\"" + first + "\": " + value + ", \"" + second + "2\": " + other + "}");
    }

    @Provide
    Arbitrary<String> code() {
        return Arbitraries.of(
                        "print('x')",
                        "\n",
                        "{",
                        "}",
                        "\"",
                        "\\n",
                        "</tool_call",
                        "a < b",
                        "    ",
                        "[1]",
                        "é",
                        "\t",
                        "'''",
                        "</parameter>",
                        "# comment",
                        ", \"language\": ")
                .list()
                .ofMinSize(1)
                .ofMaxSize(20)
                .map(parts -> String.join("", parts));
    }
}

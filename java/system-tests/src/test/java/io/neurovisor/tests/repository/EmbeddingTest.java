package io.neurovisor.tests.repository;

import static io.neurovisor.tests.fixtures.ScriptedOllama.calls;
import static io.neurovisor.tests.fixtures.ScriptedOllama.says;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.loop.CodeRunner;
import io.neurovisor.agent.loop.Excerpt;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.ScriptedOllama;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests the agent loop embedded in another program, as the documents show it. */
final class EmbeddingTest {
    @Test
    void theLoopWorksWithAnyRunner() {
        List<CodeRequest> run = new ArrayList<>();
        CodeRunner runner = request -> {
            run.add(request);
            return new CodeResult(
                    Outcome.COMPLETED,
                    0,
                    Duration.ofMillis(3),
                    Excerpt.of("42\n"),
                    Excerpt.EMPTY,
                    Optional.empty(),
                    "");
        };
        try (ScriptedOllama ollama = new ScriptedOllama(calls("python:print(17 + 25)"), says("It is 42."))) {
            String answer = Embedding.answer(URI.create("http://" + ollama.address()), runner, "Sum 17 and 25");
            assertThat(answer).isEqualTo("It is 42.");
            assertThat(run).singleElement().satisfies(request -> {
                assertThat(request.language()).isEqualTo(Language.PYTHON);
                assertThat(request.code()).isEqualTo("print(17 + 25)");
            });
            assertThat(ollama.requests().getLast()).contains("Sum 17 and 25", "stdout:\\n42");
        }
    }

    @Test
    void javaPageShowsTheCompiledExample() throws IOException {
        Path home = CommandLineRun.home();
        String source = Files.readString(
                home.resolve("java/system-tests/src/test/java/io/neurovisor/tests/repository/Embedding.java"));
        String shown = source.substring(source.indexOf("import "));
        assertThat(Files.readString(home.resolve("docs/java.md"))).contains("```java\n" + shown + "```\n");
    }
}

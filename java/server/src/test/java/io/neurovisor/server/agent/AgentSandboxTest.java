package io.neurovisor.server.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.loop.CodeRunner;
import io.neurovisor.agent.model.CodeTool;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.trace.TraceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class AgentSandboxTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final FakeAgentSandboxes sandboxes = new FakeAgentSandboxes(() -> {});
    private final List<String> problems = new ArrayList<>();

    @Test
    void belongsToASessionOrEndsWithItsRun() {
        try (AgentSandbox sandbox = open(Optional.empty(), true).orElseThrow()) {
            assertThat(sandbox.isReplacement()).isFalse();
        }
        assertThat(sandboxes.takeChanges()).containsExactly("create sandbox1 of size small for 660 s", "kill sandbox1");
        String id;
        try (AgentSandbox sandbox = open(Optional.empty(), true).orElseThrow()) {
            id = sandbox.id();
            sandbox.keep();
        }
        assertThat(sandboxes.takeChanges())
                .containsExactly("create sandbox2 of size small for 660 s", "pause sandbox2");
        try (AgentSandbox sandbox = open(Optional.of(id), false).orElseThrow()) {
            assertThat(sandbox.id()).isEqualTo(id);
            // A run that fails before it is recorded must not end the sandbox of its session.
        }
        assertThat(sandboxes.takeChanges()).containsExactly("resume sandbox2", "pause sandbox2");
        assertThat(open(Optional.empty(), false)).isEmpty();
        assertThat(problems).isEmpty();
    }

    @Test
    void anEndedSandboxIsReplacedOnlyIfThatIsWanted() {
        assertThatThrownBy(() -> open(Optional.of("gone"), false))
                .isInstanceOf(NeuroVisorException.class)
                .hasMessage(
                        "the session cannot continue in its sandbox: sandbox gone was killed; with --stateful, or the field"
                                + " stateful, it continues in a new one");
        try (AgentSandbox sandbox = open(Optional.of("gone"), true).orElseThrow()) {
            assertThat(sandbox.isReplacement()).isTrue();
            CodeRunner runner = sandbox.runner(TIMEOUT);
            assertThat(runner.run(python("n = 1")).detail())
                    .isEqualTo(
                            "the variables of earlier calls are lost, because the earlier sandbox has ended; its files"
                                    + " are lost, too");
            assertThat(runner.run(python("n")).detail()).isEmpty();
        }
    }

    @Test
    void reportsASandboxThatCannotBePaused() {
        try (AgentSandbox sandbox = open(Optional.empty(), true).orElseThrow()) {
            sandbox.keep();
            sandboxes.kill(sandbox.id());
        }
        assertThat(problems)
                .containsExactly("sandbox sandbox1 goes on until its time-out: sandbox sandbox1 was killed");
    }

    @Test
    void variablesPersistBetweenCallsOfALanguage() {
        try (AgentSandbox sandbox = open(Optional.empty(), true).orElseThrow()) {
            CodeRunner runner = sandbox.runner(TIMEOUT);
            assertThat(runner.tool()).isEqualTo(CodeTool.CELL);
            CodeResult first = runner.run(python("n = 41\nprint('set')"));
            assertThat(first.stdout().text(100)).isEqualTo("set\n");
            assertThat(first.exitCode()).isZero();
            CodeResult second = runner.run(python("n + 1"));
            assertThat(second.stdout().text(100)).isEqualTo("42\n");
            CodeResult other = runner.run(request(Language.BASH, "n"));
            assertThat(other.exitCode()).isEqualTo(1);
            assertThat(other.stderr().text(100)).isEqualTo("NameError: name 'n' is not defined\n");
        }
    }

    @Test
    void returnsRichResultsWithTheirTextInTheOutput() {
        try (AgentSandbox sandbox = open(Optional.empty(), true).orElseThrow()) {
            CodeResult result = sandbox.runner(TIMEOUT)
                    .run(python("print('here')\nfrom IPython import display; display.Image(b'pixels', format='png')"));
            assertThat(result.stdout().text(100)).isEqualTo("here\n<IPython.core.display.Image object>\n");
            assertThat(result.displays())
                    .singleElement()
                    .satisfies(display -> assertThat(display.text("image/png")).contains("pixels"));
        }
    }

    @Test
    void leavesOutResultsBeyondItsMemory() {
        String image = "from IPython import display; display.Image(b'x' * 5242880, format='png')";
        try (AgentSandbox sandbox = open(Optional.empty(), true).orElseThrow()) {
            CodeResult result = sandbox.runner(TIMEOUT).run(python(image + "\n" + image));
            assertThat(result.displays()).hasSize(1);
            assertThat(result.detail())
                    .isEqualTo("a result of 5242915 bytes is left out: all of a cell have at most 8388608");
        }
    }

    @Test
    void anEndedInterpreterIsReplacedAndTheModelReadsWhy() {
        try (AgentSandbox sandbox = open(Optional.empty(), true).orElseThrow()) {
            CodeRunner runner = sandbox.runner(TIMEOUT);
            CodeResult died = runner.run(python("n = 1\nimport os; os._exit(3)"));
            assertThat(died.outcome()).isEqualTo(Outcome.COMPLETED);
            assertThat(died.exitCode()).isEqualTo(3);
            assertThat(died.detail())
                    .isEqualTo("the interpreter has ended; its variables are lost, and files are kept");
            CodeResult next = runner.run(python("n"));
            assertThat(next.stderr().text(100)).contains("NameError");
            assertThat(next.detail())
                    .isEqualTo("the variables of earlier calls are lost, because the interpreter had ended");
        }
    }

    @Test
    void aTimeLimitEndsACellAndKeepsTheInterpreter() {
        try (AgentSandbox sandbox = open(Optional.empty(), true).orElseThrow()) {
            CodeResult late = sandbox.runner(Duration.ofMillis(10)).run(python("while True: pass"));
            assertThat(late.outcome()).isEqualTo(Outcome.TIMED_OUT);
            assertThat(sandbox.runner(TIMEOUT).run(python("print('on')")).exitCode())
                    .isZero();
        }
    }

    private Optional<AgentSandbox> open(Optional<String> earlier, boolean isWanted) {
        return AgentSandbox.open(
                sandboxes,
                earlier,
                isWanted,
                new AgentSandboxes.Wanted(SandboxSize.SMALL, Optional.empty(), Duration.ofMinutes(10), Map.of()),
                problems::add);
    }

    private static CodeRequest python(String code) {
        return request(Language.PYTHON, code);
    }

    private static CodeRequest request(Language language, String code) {
        return new CodeRequest(new TraceId(UUID.randomUUID()), language, code);
    }
}

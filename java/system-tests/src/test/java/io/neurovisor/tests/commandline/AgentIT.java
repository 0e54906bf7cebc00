package io.neurovisor.tests.commandline;

import static io.neurovisor.tests.fixtures.ScriptedOllama.calls;
import static io.neurovisor.tests.fixtures.ScriptedOllama.says;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.ScriptedOllama;
import io.neurovisor.tests.runner.ShortTier;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests agent mode with real microVMs and a scripted model. */
final class AgentIT {
    private static final String PRIMES = "python:print([p for p in range(2, 30) if all(p % d for d in range(2, p))])";

    @TempDir
    private Path directory;

    @ShortTier
    @Test
    void printsEachStepOfATask() throws IOException {
        Path transcript = directory.resolve("run.md");
        try (ScriptedOllama ollama = new ScriptedOllama(calls(PRIMES), says("They are 2 to 29."))) {
            CommandLineRun run = agent(
                    ollama, "--agent", "Find the primes", "--size", "small", "--transcript", transcript.toString());
            assertThat(run.exitCode()).as(run.stdout() + run.stderr()).isZero();
            List<String> expected = List.of(
                    "Task: \"Find the primes\"",
                    "trace_id: [0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
                    "",
                    "\\[Iteration 1\\] Calling qwen3\\.\\.\\.",
                    "\\[Tool Call\\] execute_code\\(python, \"print\\(\\[p for p in .*\\.\\.\\.\"\\)",
                    "\\[Execution\\] (VM booted in \\d+ms, )?exit_code=0, duration=\\d+ms",
                    "\\[Iteration 2\\] Calling qwen3\\.\\.\\.",
                    "",
                    "Result: They are 2 to 29\\.",
                    "",
                    "Stats:",
                    "  - Iterations: 2",
                    "  - Tool calls: 1",
                    "  - Model load time: 1250ms",
                    "  - Total duration: \\d+\\.\\ds");
            List<String> lines = run.stdout().lines().toList();
            assertThat(lines).hasSameSizeAs(expected);
            for (int line = 0; line < lines.size(); line++) {
                assertThat(lines.get(line)).matches(expected.get(line));
            }
            assertThat(ollama.requests().getLast()).contains("[2, 3, 5, 7, 11, 13, 17, 19, 23, 29]");
        }
        assertThat(Files.readString(transcript))
                .contains("```python\nprint([p for p", "[2, 3, 5, 7", "They are 2 to 29.");
    }

    @Test
    void executesMoreCallsThanMachines() {
        String[] programs = new String[6];
        Arrays.setAll(programs, index -> "bash:echo result-" + index + "; test ! -e mark; touch mark");
        try (ScriptedOllama ollama = new ScriptedOllama(calls(programs), calls(programs), says("done"))) {
            CommandLineRun run = agent(
                    ollama, "agent", "--quiet", "--size=small", "--warm=1", "--max=2", "--acquire-timeout=170s", "x");
            assertThat(run.exitCode()).as(run.stderr()).isZero();
            assertThat(run.stdout()).isEqualTo("done\n");
            assertThat(ollama.requests().getLast())
                    .contains("result-0", "result-5")
                    .doesNotContain("exit_code: 1");
        }
    }

    @Test
    void limitSetsTheExitCode() {
        try (ScriptedOllama ollama = new ScriptedOllama(calls("bash:echo so far"))) {
            CommandLineRun run = agent(ollama, "agent", "--size=small", "--max-iterations=1", "x");
            assertThat(run.exitCode()).as(run.stderr()).isEqualTo(3);
            assertThat(run.stdout()).contains("Partial result (no answer after 1 iterations", "): so far");
        }
    }

    @Test
    void reportsAMissingServerBeforeStartingAnything() {
        CommandLineRun run = CommandLineRun.of(Map.of("OLLAMA_HOST", "127.0.0.1:1"), "--agent", "x");
        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.stdout()).isEmpty();
        assertThat(run.stderr())
                .isEqualTo("neurovisor: http://127.0.0.1:1: connection refused; start Ollama"
                        + " (https://ollama.com/download) with: ollama serve, or name any"
                        + " OpenAI-compatible server with --base-url\n");
    }

    @Test
    void controlCEndsRunWithProgramAndMachine() throws IOException, InterruptedException {
        try (ScriptedOllama ollama = new ScriptedOllama(calls("bash:while :; do :; done"))) {
            Process process = CommandLineRun.start(
                    Map.of("OLLAMA_HOST", ollama.address()), "agent", "--json", "--no-history", "--size=small", "x");
            BufferedReader events =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            List<String> heard = new ArrayList<>();
            String event = events.readLine();
            while (event != null && !event.contains("\"event\":\"tool_call\"")) {
                heard.add(event);
                event = events.readLine();
            }
            assertThat(event).as(heard.toString()).isNotNull();
            List<ProcessHandle> descendants = process.descendants().toList();
            assertThat(new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                            .start()
                            .waitFor())
                    .isZero();
            assertThat(process.waitFor()).isEqualTo(130);
            assertThat(descendants).noneMatch(ProcessHandle::isAlive);
        }
    }

    private static CommandLineRun agent(ScriptedOllama ollama, String... arguments) {
        // Do not write into the session history of the user.
        List<String> unrecorded = new ArrayList<>(List.of(arguments));
        unrecorded.add("--no-history");
        return CommandLineRun.of(Map.of("OLLAMA_HOST", ollama.address()), unrecorded.toArray(String[]::new));
    }
}

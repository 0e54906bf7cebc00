package io.neurovisor.tests.commandline;

import static io.neurovisor.tests.fixtures.ScriptedOllama.calls;
import static io.neurovisor.tests.fixtures.ScriptedOllama.says;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.ScriptedOllama;
import io.neurovisor.tests.runner.ShortTier;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests that the examples hold their promises. */
final class ExampleIT {
    @ShortTier
    @Test
    void aForkBombIsContained() {
        CommandLineRun run = CommandLineRun.of("example", "fork_bomb");
        assertThat(run.exitCode()).as(run.stdout() + run.stderr()).isZero();
        assertThat(run.stdout())
                .contains("processes, then EAGAIN", "0 of ", "the promise held")
                .doesNotContain("BROKEN");
    }

    @Test
    void daemonCountsTracesAndLimitsCalls() {
        for (String name : List.of("metrics_demo", "rate_limit_proof", "trace_id_demo")) {
            CommandLineRun run = CommandLineRun.of("example", name, "--size=small");
            assertThat(run.exitCode()).as(run.stdout() + run.stderr()).isZero();
            assertThat(run.stdout()).contains("the promise held").doesNotContain("BROKEN");
        }
    }

    @Test
    void daemonCannotRegainPrivileges() {
        for (String name : List.of("capabilities_proof", "seccomp_proof")) {
            CommandLineRun run = CommandLineRun.of("example", name, "--size=small");
            assertThat(run.exitCode()).as(run.stdout() + run.stderr()).isZero();
            assertThat(run.stdout())
                    .contains("read off the VMM", "the promise held")
                    .doesNotContain("BROKEN");
        }
    }

    @ShortTier
    @Test
    void exampleOfAnAbsentLayerIsSkipped() {
        CommandLineRun run = CommandLineRun.of("example", "lsm_proof", "--ebpf=off");
        assertThat(run.exitCode()).isEqualTo(77);
        assertThat(run.stderr())
                .contains("layer 5 (eBPF LSM) is off: switched off by --ebpf off", "lab run -- ./neurovisor example");
    }

    @ShortTier
    @Test
    void containsTwentyEscapeAttempts() {
        CommandLineRun run = CommandLineRun.of("example", "escape_attempts", "--size=small");
        assertThat(run.exitCode()).as(run.stdout() + run.stderr()).isZero();
        assertThat(run.stdout().lines().filter(line -> line.contains("; stopped by ")))
                .hasSize(20)
                .allMatch(line -> line.startsWith("  ok      "));
        assertThat(run.stdout()).contains("the next program prints 42", "the promise held");
    }

    @Test
    void listsTheExamples() {
        assertThat(CommandLineRun.of("example", "--list").stdout()).contains("fork_bomb");
        CommandLineRun unknown = CommandLineRun.of("example", "fork_bom");
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.stderr()).contains("did you mean fork_bomb?");
    }

    @Test
    void checksTheProgramOfAModel() {
        String program = "python:print([p for p in range(2, 100) if all(p % d for d in range(2, p))])";
        try (ScriptedOllama ollama = new ScriptedOllama(calls(program), says("There they are."))) {
            CommandLineRun run = CommandLineRun.of(
                    Map.of("OLLAMA_HOST", ollama.address()), "example", "agent_primes", "--size=small");
            assertThat(run.exitCode()).as(run.stdout() + run.stderr()).isZero();
            assertThat(run.stdout()).contains("ok      one of them printed the 25 primes", "the promise held");
        }
        for (String name : List.of("agent_primes", "streaming_latency")) {
            CommandLineRun gone = CommandLineRun.of(Map.of("OLLAMA_HOST", "127.0.0.1:1"), "example", name);
            assertThat(gone.exitCode()).isEqualTo(4);
            assertThat(gone.stderr())
                    .isEqualTo("neurovisor: http://127.0.0.1:1: connection refused; start Ollama"
                            + " (https://ollama.com/download) with: ollama serve, or name any"
                            + " OpenAI-compatible server with --base-url\n");
        }
    }

    @Test
    void modelWithoutStreamingBreaksThePromise() {
        try (ScriptedOllama ollama = new ScriptedOllama(says("one two three"))) {
            CommandLineRun run =
                    CommandLineRun.of(Map.of("OLLAMA_HOST", ollama.address()), "example", "streaming_latency");
            assertThat(run.exitCode()).as(run.stderr()).isEqualTo(1);
            assertThat(run.stdout()).contains("BROKEN  time to first token", "load 1250 ms", "DID NOT HOLD");
        }
    }
}

package io.neurovisor.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code run} gives a program and brings home of it, as a user sees it. */
final class RunOptionsIT {
    @TempDir
    Path directory;

    @Test
    void inputVariablesAndFilesReachTheProgram() throws IOException {
        Files.createDirectories(directory.resolve("data/deep"));
        Files.writeString(directory.resolve("data/deep/numbers"), "1 2 3");
        Path tool = Files.writeString(directory.resolve("tool"), "#!/bin/sh\necho tool $1\n");
        assertThat(tool.toFile().setExecutable(true)).isTrue();
        CommandLineRun run = CommandLineRun.withInput(
                "typed\n".getBytes(StandardCharsets.UTF_8),
                "run",
                "--stdin",
                "-e",
                "GREETING=a=b c",
                "--env",
                "PATH",
                "--file",
                directory.resolve("data").toString(),
                "--file",
                tool + ":bin/",
                "-l",
                "bash",
                "-c",
                "cat; echo \"$GREETING\"; cat data/deep/numbers; echo; bin/tool x; echo \"$PATH\"; ls -A");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stdout())
                .isEqualTo("typed\na=b c\n1 2 3\ntool x\n" + System.getenv("PATH") + "\nbin\ndata\nmain.sh\n");
    }

    @Test
    void withoutTheOptionStandardInputIsEmpty() {
        CommandLineRun run = CommandLineRun.withInput(
                "typed\n".getBytes(StandardCharsets.UTF_8), "run", "-l", "bash", "-c", "wc -c");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("0\n");
    }

    @Test
    void filesComeHomeWhenAskedForAndAreMentionedWhenNot() {
        String code = "mkdir -p out/deep; printf plot >out/deep/plot.png; ln -s /etc/passwd out/link; echo done";
        Path out = directory.resolve("results");
        CommandLineRun run = CommandLineRun.of("run", "--out", out.toString(), "-l", "bash", "-c", code);
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("done\n");
        assertThat(out.resolve("deep/plot.png")).hasContent("plot");
        assertThat(out.resolve("link")).doesNotExist();
        assertThat(run.stderr()).contains("out/link is a symbolic link: left behind");

        CommandLineRun without = CommandLineRun.of("run", "-l", "bash", "-c", code);
        assertThat(without.stderr()).contains("the program left out/deep/plot.png; --out DIR brings it home");
    }

    @Test
    void jsonTellsEverything() throws IOException {
        CommandLineRun run = CommandLineRun.of(
                "run",
                "--json",
                "--size",
                "small",
                "-l",
                "python",
                "-c",
                "import os, sys; os.mkdir('out'); open('out/f', 'wb').write(b'\\x00\\x01');"
                        + " print('gr\u00fcn'); sys.stderr.buffer.write(b'\\xff'); sys.exit(3)");
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(3);
        assertThat(run.stdout()).hasLineCount(1);
        JsonNode json = new ObjectMapper().readTree(run.stdout());
        assertThat(json.get("language").textValue()).isEqualTo("python");
        assertThat(json.get("outcome").textValue()).isEqualTo("COMPLETED");
        assertThat(json.get("exit_code").intValue()).isEqualTo(3);
        assertThat(json.get("signal").intValue()).isZero();
        assertThat(json.get("stdout").textValue()).isEqualTo("gr\u00fcn\n");
        assertThat(json.get("stderr").textValue()).isEqualTo("\ufffd");
        assertThat(json.get("stderr_base64").binaryValue()).isEqualTo(new byte[] {(byte) 0xff});
        assertThat(json.get("size").textValue()).isEqualTo("small");
        assertThat(json.get("vmm").textValue()).isIn("qemu", "firecracker");
        assertThat(json.get("vmm_version").textValue()).matches("\\d+\\.\\d+\\.\\d+");
        assertThat(json.get("accelerator").textValue()).isIn("kvm", "tcg");
        assertThat(json.get("vmm_reason").textValue()).isNotEmpty();
        assertThat(json.get("template").textValue()).matches("[0-9a-f]{16}");
        assertThat(json.get("trace_id").textValue()).matches("[0-9a-f]{8}-[0-9a-f]{4}-7.*");
        assertThat(json.get("duration_ms").doubleValue()).isPositive();
        assertThat(json.get("timings_ms").get("acquire").doubleValue()).isPositive();
        assertThat(json.get("timings_ms").get("run").doubleValue())
                .isGreaterThanOrEqualTo(json.get("duration_ms").doubleValue());
        assertThat(json.get("files")).hasSize(1);
        assertThat(json.get("files").get(0).get("path").textValue()).isEqualTo("f");
        assertThat(json.get("files").get(0).get("content_base64").binaryValue()).isEqualTo(new byte[] {0, 1});
        assertThat(json.get("warm_interpreter").booleanValue()).isTrue();
    }

    @Test
    void plainMeansAnInterpreterOfItsOwn() throws IOException {
        CommandLineRun run = CommandLineRun.of("run", "--json", "--plain", "-l", "python", "-c", "print(6*7)");
        JsonNode json = new ObjectMapper().readTree(run.stdout());
        assertThat(json.get("stdout").textValue()).isEqualTo("42\n");
        assertThat(json.get("warm_interpreter").booleanValue()).isFalse();
    }

    @Test
    void eightMebibytesOfCodeRun() throws IOException {
        String end = "print(6*7)\n";
        String line = "#".repeat(63) + "\n";
        String code = line.repeat((8 << 20) / 64 - 1) + "#".repeat(64 - end.length() - 1) + "\n" + end;
        assertThat(code).hasSize(8 << 20);
        Path program = Files.writeString(directory.resolve("large.py"), code);
        CommandLineRun run = CommandLineRun.of("run", "--timeout", "120", program.toString());
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("42\n");
    }

    @Test
    void backgroundProcessesAreMentioned() {
        CommandLineRun run = CommandLineRun.of("run", "-l", "bash", "-c", "sleep 1000 & sleep 1000 & echo started");
        assertThat(run.exitCode()).isZero();
        assertThat(run.stdout()).isEqualTo("started\n");
        assertThat(run.stderr()).contains("killed 2 processes that the program had left running");
    }

    @Test
    void controlCCancelsAndStillReports() throws IOException, InterruptedException {
        Process process = CommandLineRun.start(
                Map.of(), "run", "--json", "-l", "bash", "--timeout", "120", "-c", "echo begun; while :; do :; done");
        awaitExecution(process);
        interrupt(process);
        CommandLineRun run = CommandLineRun.await(process);
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(130);
        JsonNode json = new ObjectMapper().readTree(run.stdout());
        assertThat(json.get("outcome").textValue()).isEqualTo("CANCELLED");
        assertThat(json.get("stdout").textValue()).isEqualTo("begun\n");
        assertThat(run.stderr()).contains("neurovisor: cancelled");
        assertThat(process.descendants()).isEmpty();
    }

    @Test
    void controlCKeepsWhatWasPrinted() throws IOException, InterruptedException {
        Process process =
                CommandLineRun.start(Map.of(), "run", "-l", "bash", "--timeout", "120", "-c", "echo begun; sleep 1000");
        InputStream stdout = process.getInputStream();
        assertThat(new String(stdout.readNBytes(6), StandardCharsets.UTF_8)).isEqualTo("begun\n");
        interrupt(process);
        assertThat(CommandLineRun.await(process).exitCode()).isEqualTo(130);
    }

    /** A clone that only waits uses next to no processor time; one whose program loops uses all it gets. */
    private static void awaitExecution(Process process) {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> process.descendants()
                        .filter(descendant ->
                                descendant.info().command().orElse("").contains("qemu-system"))
                        .anyMatch(vmm -> vmm.info()
                                        .totalCpuDuration()
                                        .orElse(Duration.ZERO)
                                        .compareTo(Duration.ofSeconds(4))
                                > 0));
    }

    private static void interrupt(Process process) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }
}

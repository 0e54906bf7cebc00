package io.neurovisor.tests.commandline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the inputs of programs that {@code run} passes and the results that it returns. */
final class RunOptionsIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    @ShortTier
    @Test
    void passesInputsToTheProgramAndReturnsItsFiles() throws IOException {
        Files.createDirectories(directory.resolve("data/deep"));
        Files.writeString(directory.resolve("data/deep/numbers"), "1 2 3");
        Path tool = Files.writeString(directory.resolve("tool"), "#!/bin/sh\necho tool $1\n");
        assertThat(tool.toFile().setExecutable(true)).isTrue();
        Path out = directory.resolve("results");
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
                "--out",
                out.toString(),
                "-l",
                "bash",
                "-c",
                "cat; echo \"$GREETING\"; cat data/deep/numbers; echo; bin/tool x; echo \"$PATH\"; ls -A;"
                        + " mkdir -p out/deep; printf plot >out/deep/plot.png; ln -s /etc/passwd out/link");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stdout())
                .isEqualTo("typed\na=b c\n1 2 3\ntool x\n" + System.getenv("PATH") + "\nbin\ndata\nmain.sh\n");
        assertThat(out.resolve("deep/plot.png")).hasContent("plot");
        assertThat(out.resolve("link")).doesNotExist();
        assertThat(run.stderr()).contains("out/link is a symbolic link: not saved");
    }

    /** Uses a program of 8 MiB, the maximum. */
    @Test
    void jsonContainsEveryField() throws IOException {
        String program = "import os, sys; os.mkdir('out'); open('out/f', 'wb').write(b'\\x00\\x01');"
                + " print('gr\u00fcn'); sys.stderr.buffer.write(b'\\xff'); sys.exit(3)\n";
        int missing = (8 << 20) - program.getBytes(StandardCharsets.UTF_8).length;
        Path large = Files.writeString(
                directory.resolve("large.py"),
                ("#".repeat(63) + "\n").repeat(missing / 64) + "#".repeat(missing % 64 - 1) + "\n" + program);
        assertThat(large).hasSize(8 << 20);
        CommandLineRun run =
                CommandLineRun.of("run", "--json=full", "--size", "small", "--timeout", "120", large.toString());
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

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    void signalKeepsThePrintedOutput(String signal, int exitCode) throws IOException, InterruptedException {
        Process process =
                CommandLineRun.start(Map.of(), "run", "-l", "bash", "--timeout", "120", "-c", "echo begun; sleep 1000");
        InputStream stdout = process.getInputStream();
        assertThat(new String(stdout.readNBytes(6), StandardCharsets.UTF_8)).isEqualTo("begun\n");
        List<ProcessHandle> started = process.descendants().toList();
        assertThat(started).isNotEmpty();
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
        CommandLineRun run = CommandLineRun.await(process);
        assertThat(run.exitCode()).as(run.stderr()).isEqualTo(exitCode);
        assertThat(run.stderr()).endsWith("neurovisor: ended by SIG" + signal + "; the machine is removed\n");
        await().atMost(LIMIT).untilAsserted(() -> assertThat(started).noneMatch(ProcessHandle::isAlive));
    }
}

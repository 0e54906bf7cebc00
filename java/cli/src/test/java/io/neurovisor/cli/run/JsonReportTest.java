package io.neurovisor.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.program.SkippedFile;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.VmId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class JsonReportTest {
    private static final int OUTPUT_BYTES = 8 << 20;

    private final CapturedFiles files = new CapturedFiles();
    private final CapturedOutput output = new CapturedOutput(files);

    @Test
    void fullFormContainsEveryPromisedField() throws IOException {
        output.stdout(bytes("gr\u00fcn\n"));
        JsonNode json = report(JsonForm.FULL);
        assertThat(names(json))
                .contains(
                        "language",
                        "outcome",
                        "exit_code",
                        "signal",
                        "stdout",
                        "stderr",
                        "stdout_truncated",
                        "stderr_truncated",
                        "duration_ms",
                        "trace_id",
                        "vm_id",
                        "daemon",
                        "vmm",
                        "vmm_version",
                        "accelerator",
                        "vmm_reason",
                        "template",
                        "size",
                        "layers",
                        "files",
                        "timings_ms")
                .doesNotContain("stdout_base64", "stderr_base64");
        assertThat(json.get("daemon").textValue()).isEqualTo("/run/d.sock");
        assertThat(json.get("vmm").textValue()).isEqualTo("firecracker");
        assertThat(json.get("outcome").textValue()).isEqualTo("OUT_OF_MEMORY");
        assertThat(json.get("exit_code").intValue()).isEqualTo(137);
        assertThat(json.get("signal").intValue()).isEqualTo(9);
        assertThat(json.get("stdout").textValue()).isEqualTo("gr\u00fcn\n");
        assertThat(json.get("duration_ms").doubleValue()).isEqualTo(1.5);
        assertThat(json.get("template").textValue()).isEqualTo("0123456789abcdef");
        assertThat(json.get("layers").get(0).toString())
                .isEqualTo(
                        "{\"layer\":3,\"name\":\"cgroups v2\",\"status\":\"off\",\"detail\":\"no cgroup v2\",\"fix\":\"boot otherwise\"}");
        assertThat(json.get("killed_process").textValue()).isEqualTo("python3");
        assertThat(json.get("skipped_files").get(0).get("reason").textValue()).isEqualTo("is a device");
        assertThat(json.get("skipped_files_total").intValue()).isEqualTo(3);
        assertThat(json.get("timings_ms").get("acquire").doubleValue()).isEqualTo(20);
    }

    @Test
    void containsWhatAProgramNeeds() throws IOException {
        assertThat(names(report()))
                .containsExactly(
                        "language",
                        "outcome",
                        "exit_code",
                        "signal",
                        "detail",
                        "killed_process",
                        "background_processes",
                        "stdout",
                        "stderr",
                        "stdout_truncated",
                        "stderr_truncated",
                        "duration_ms",
                        "trace_id",
                        "files",
                        "skipped_files",
                        "skipped_files_total");
    }

    @Test
    void addsTheBytesOfOutputThatIsNotText() throws IOException {
        output.stderr(ByteBuffer.wrap(new byte[] {'a', (byte) 0xff}));
        JsonNode json = report();
        assertThat(json.get("stderr").textValue()).isEqualTo("a\ufffd");
        assertThat(json.get("stderr_base64").binaryValue()).isEqualTo(new byte[] {'a', (byte) 0xff});
    }

    @Test
    void omitsTheProgram() throws IOException {
        assertThat(report().toString()).doesNotContain("secret", "the code");
    }

    @Test
    void streamsLongOutput() {
        output.stdout(ByteBuffer.allocate(OUTPUT_BYTES));
        AtomicLong written = new AtomicLong();
        AtomicInteger longest = new AtomicInteger();
        write(
                new OutputStream() {
                    @Override
                    public void write(int value) {
                        written.incrementAndGet();
                    }

                    @Override
                    public void write(byte[] bytes, int offset, int count) {
                        written.addAndGet(count);
                        longest.accumulateAndGet(count, Math::max);
                    }
                },
                JsonForm.RESULT);
        assertThat(written).hasValueGreaterThan(6L * OUTPUT_BYTES);
        assertThat(longest).hasValueLessThan(1 << 20);
    }

    private static List<String> names(JsonNode json) {
        List<String> names = new ArrayList<>();
        json.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private JsonNode report() throws IOException {
        return report(JsonForm.RESULT);
    }

    private JsonNode report(JsonForm form) throws IOException {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        write(written, form);
        String text = written.toString(StandardCharsets.UTF_8);
        assertThat(text).doesNotContain("\n");
        return new ObjectMapper().readTree(text);
    }

    private void write(OutputStream out, JsonForm form) {
        Program program = new Program(
                Language.PYTHON,
                "the code",
                List.of(),
                Map.of("TOKEN", "secret"),
                ByteBuffer.allocate(0),
                List.of(),
                Interpreter.WARM);
        TraceId traceId = new TraceId(UUID.randomUUID());
        ExecutionRequest request = new ExecutionRequest(traceId, program, Duration.ofSeconds(30), SandboxSize.SMALL);
        ProgramExit exit = new ProgramExit(
                Outcome.OUT_OF_MEMORY,
                137,
                9,
                Duration.ofNanos(1_500_000),
                false,
                false,
                new ProgramExit.Details(
                        "python3", 2, List.of(new SkippedFile("x", "is a device")), 3, Interpreter.WARM));
        ExecutionResult result = new ExecutionResult(
                traceId,
                exit,
                VmId.random(new Random(1)),
                Optional.of("0123456789abcdef"),
                List.of(LayerState.off(Layer.CGROUP, "no cgroup v2", "boot otherwise")),
                Duration.ofMillis(20),
                Duration.ofMillis(30),
                "");
        RunOrigin origin =
                new RunOrigin("firecracker", "1.12.1", "kvm", "it works", Optional.of(Path.of("/run/d.sock")));
        new JsonReport(request, result, output, origin, Duration.ofMillis(60), form).write(out, json -> {
            json.writeStartArray();
            json.writeEndArray();
        });
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}

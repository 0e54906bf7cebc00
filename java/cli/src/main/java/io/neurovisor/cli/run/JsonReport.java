package io.neurovisor.cli.run;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.neurovisor.cli.console.LayersJson;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.program.SkippedFile;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;

/** Writes the result of {@code run --json}: one object on one line. */
record JsonReport(
        ExecutionRequest request,
        ExecutionResult result,
        CapturedOutput output,
        RunOrigin origin,
        Duration total,
        JsonForm form) {
    private static final double NANOS_PER_MILLISECOND = 1e6;

    @FunctionalInterface
    interface Files {
        void write(JsonGenerator json) throws IOException;
    }

    /** Writes to a stream, because escaped output can be six times as long as the output and would fill the heap. */
    void write(OutputStream out, Files files) {
        try (JsonGenerator json = new JsonFactory().createGenerator(out, JsonEncoding.UTF8)) {
            json.writeStartObject();
            writeEnd(json);
            writeOutput(json);
            json.writeNumberField("duration_ms", milliseconds(result.exit().duration()));
            json.writeStringField("trace_id", result.traceId().toString());
            json.writeFieldName("files");
            files.write(json);
            writeSkipped(json);
            if (form == JsonForm.FULL) {
                writeMachine(json);
                writeLayers(json);
                writeTimings(json);
            }
            json.writeEndObject();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private void writeEnd(JsonGenerator json) throws IOException {
        ProgramExit exit = result.exit();
        json.writeStringField("language", request.program().language().label());
        json.writeStringField("outcome", exit.outcome().name());
        json.writeNumberField("exit_code", exit.exitCode());
        json.writeNumberField("signal", exit.signal());
        json.writeStringField("detail", result.detail());
        json.writeStringField("killed_process", exit.details().killedProcess());
        json.writeNumberField("background_processes", exit.details().backgroundProcesses());
    }

    private void writeOutput(JsonGenerator json) throws IOException {
        writeStream(json, "stdout", output.stdout());
        writeStream(json, "stderr", output.stderr());
        json.writeBooleanField("stdout_truncated", result.exit().stdoutTruncated());
        json.writeBooleanField("stderr_truncated", result.exit().stderrTruncated());
    }

    /** Writes the output as text with invalid bytes replaced, and also the exact bytes if it is not valid text. */
    private static void writeStream(JsonGenerator json, String name, byte[] bytes) throws IOException {
        try {
            json.writeStringField(
                    name,
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(bytes))
                            .toString());
        } catch (CharacterCodingException exception) {
            json.writeStringField(name, new String(bytes, StandardCharsets.UTF_8));
            json.writeStringField(name + "_base64", Base64.getEncoder().encodeToString(bytes));
        }
    }

    private void writeMachine(JsonGenerator json) throws IOException {
        json.writeStringField("vm_id", result.vmId().value());
        writeOptional(json, "daemon", origin.daemon().map(Path::toString));
        json.writeStringField("vmm", origin.vmm());
        json.writeStringField("vmm_version", origin.vmmVersion());
        json.writeStringField("accelerator", origin.accelerator());
        json.writeStringField("vmm_reason", origin.vmmReason());
        writeOptional(json, "template", result.template());
        json.writeStringField("size", request.size().label());
        json.writeBooleanField("warm_interpreter", result.exit().details().interpreter() == Interpreter.WARM);
    }

    private static void writeOptional(JsonGenerator json, String name, Optional<String> value) throws IOException {
        json.writeFieldName(name);
        if (value.isPresent()) {
            json.writeString(value.get());
        } else {
            json.writeNull();
        }
    }

    private void writeLayers(JsonGenerator json) throws IOException {
        json.writeFieldName("layers");
        LayersJson.write(json, result.layers());
    }

    private void writeSkipped(JsonGenerator json) throws IOException {
        ProgramExit.Details details = result.exit().details();
        json.writeArrayFieldStart("skipped_files");
        for (SkippedFile skipped : details.skippedFiles()) {
            json.writeStartObject();
            json.writeStringField("path", skipped.path());
            json.writeStringField("reason", skipped.reason());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeNumberField("skipped_files_total", details.skippedFilesCount());
    }

    private void writeTimings(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("timings_ms");
        json.writeNumberField("acquire", milliseconds(result.acquireTime()));
        json.writeNumberField("run", milliseconds(result.runTime()));
        json.writeNumberField("total", milliseconds(total));
        json.writeEndObject();
    }

    private static double milliseconds(Duration duration) {
        return Math.round(duration.toNanos() / NANOS_PER_MILLISECOND * 1000) / 1000.0;
    }
}

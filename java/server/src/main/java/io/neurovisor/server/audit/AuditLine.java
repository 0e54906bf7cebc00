package io.neurovisor.server.audit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.sandbox.PauseReason;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.BlockedAttempt;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.host.files.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;

/** A line of the log: a JSON object. It never contains code, values of variables or output. */
final class AuditLine {
    // Escapes control characters, because people view the file on a terminal.
    private static final JsonFactory JSON =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private AuditLine() {}

    static byte[] accepted(Instant when, AuditedCall call, ExecutionRequest request) {
        byte[] code = request.program().code().getBytes(StandardCharsets.UTF_8);
        return line(json -> {
            begin(json, when, "accepted", request.traceId(), call);
            json.writeStringField("language", request.program().language().label());
            json.writeStringField("code_sha256", Sha256.of(code));
            json.writeNumberField("code_bytes", code.length);
            json.writeNumberField("timeout_ms", request.timeout().toMillis());
        });
    }

    static byte[] ended(Instant when, AuditedCall call, ExecutionResult result) {
        return line(json -> {
            begin(json, when, "ended", result.traceId(), call);
            json.writeStringField("outcome", result.outcome().name());
            json.writeNumberField("exit_code", result.exit().exitCode());
            json.writeNumberField("signal", result.exit().signal());
            json.writeStringField("vm_id", result.vmId().value());
            json.writeObjectFieldStart("layers");
            for (LayerState state : result.layers()) {
                json.writeStringField(
                        Integer.toString(state.layer().number()), state.status().label());
            }
            json.writeEndObject();
            json.writeNumberField("acquire_ms", result.acquireTime().toMillis());
            json.writeNumberField("run_ms", result.runTime().toMillis());
            json.writeNumberField("duration_ms", result.exit().duration().toMillis());
        });
    }

    static byte[] failed(Instant when, AuditedCall call, TraceId traceId, Fault fault) {
        return line(json -> {
            begin(json, when, "ended", traceId, call);
            json.writeStringField("fault", fault.name());
        });
    }

    static byte[] blocked(Instant when, VmId id, BlockedAttempt attempt) {
        return line(json -> {
            json.writeStringField("time", when.toString());
            json.writeStringField("event", attempt.allowed() ? "noticed" : "blocked");
            json.writeStringField("vm_id", id.value());
            json.writeStringField("hook", attempt.hook());
            json.writeStringField("subject", attempt.subject());
        });
    }

    static byte[] changed(Instant when, AuditedChange change) {
        return line(json -> {
            begin(json, when, change.event(), change.traceId(), change.call());
            for (Map.Entry<String, String> detail : change.details().entrySet()) {
                json.writeStringField(detail.getKey(), detail.getValue());
            }
        });
    }

    static byte[] sandboxEnded(Instant when, SandboxRecord sandbox, SandboxEnd end) {
        return line(json -> {
            beginOfSandbox(json, when, "sandbox_ended", sandbox);
            json.writeStringField("reason", end.name());
        });
    }

    static byte[] sandboxPaused(Instant when, SandboxRecord sandbox) {
        return line(json -> {
            beginOfSandbox(json, when, "sandbox_paused", sandbox);
            json.writeStringField(
                    "reason", sandbox.pause().map(PauseReason::name).orElse(""));
        });
    }

    /** @param sandbox with its new machine */
    static byte[] sandboxResumed(Instant when, SandboxRecord sandbox) {
        return line(json -> beginOfSandbox(json, when, "sandbox_resumed", sandbox));
    }

    private static void beginOfSandbox(JsonGenerator json, Instant when, String event, SandboxRecord sandbox)
            throws IOException {
        json.writeStringField("time", when.toString());
        json.writeStringField("event", event);
        json.writeStringField("tenant", sandbox.owner());
        json.writeStringField("sandbox_id", sandbox.id().value());
        json.writeStringField("vm_id", sandbox.vmId().map(VmId::value).orElse(""));
    }

    static byte[] filesWritten(Instant when, String tenant, SandboxId id, long files, long bytes) {
        return line(json -> {
            json.writeStringField("time", when.toString());
            json.writeStringField("event", "files_written");
            json.writeStringField("tenant", tenant);
            json.writeStringField("sandbox_id", id.value());
            json.writeNumberField("files", files);
            json.writeNumberField("bytes", bytes);
        });
    }

    private static void begin(JsonGenerator json, Instant when, String event, TraceId traceId, AuditedCall call)
            throws IOException {
        json.writeStringField("time", when.toString());
        json.writeStringField("event", event);
        json.writeStringField("trace_id", traceId.toString());
        json.writeStringField("tenant", call.tenant());
        json.writeStringField("method", call.method());
    }

    private static byte[] line(Fields fields) {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(line)) {
            json.writeStartObject();
            fields.write(json);
            json.writeEndObject();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
        line.write('\n');
        return line.toByteArray();
    }

    private interface Fields {
        void write(JsonGenerator json) throws IOException;
    }
}

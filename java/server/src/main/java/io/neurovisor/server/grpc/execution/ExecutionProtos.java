package io.neurovisor.server.grpc.execution;

import com.google.protobuf.CodedOutputStream;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.InputFile;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.program.ProgramLimits;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.files.Sha256;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteMetadata;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.HostReport;
import io.neurovisor.proto.execution.LayerReport;
import io.neurovisor.proto.execution.SkippedFile;
import io.neurovisor.proto.execution.VmmReport;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Translates executions between protobuf messages of clients and the engine's values. */
public final class ExecutionProtos {
    private static final double NANOS_PER_MILLISECOND = 1e6;

    private ExecutionProtos() {}

    /**
     * Returns the execution that a client requests.
     *
     * @param timeouts limits for the program's timeout
     * @param size of the machine if the client gives none
     */
    public static ExecutionRequest request(
            ExecuteRequest message, TraceId traceId, RequestTimeouts timeouts, SandboxSize size) {
        return new ExecutionRequest(
                traceId,
                program(message),
                timeouts.of(message.getTimeoutSecs()),
                message.getSize().isEmpty() ? size : SandboxSize.named(message.getSize()),
                Optional.of(message.getImage()).filter(image -> !image.isEmpty()));
    }

    private static Program program(ExecuteRequest message) {
        List<InputFile> files = message.getFilesList().stream()
                .map(file ->
                        new InputFile(file.getPath(), file.getContent().asReadOnlyByteBuffer(), file.getExecutable()))
                .toList();
        return new Program(
                Language.named(message.getLanguage()),
                message.getCode(),
                message.getArgsList(),
                message.getEnvMap(),
                message.getStdin().asReadOnlyByteBuffer(),
                files,
                message.getPlainInterpreter() ? Interpreter.PLAIN : Interpreter.WARM,
                new ProgramLimits(
                        message.getLimits().getOutputBytes(),
                        message.getLimits().getProcesses()));
    }

    /** @param known the part of the report that does not depend on the result */
    static ExecuteMetadata metadata(ExecutionResult result, String traceId, HostReport known) {
        ProgramExit exit = result.exit();
        ProgramExit.Details details = exit.details();
        return ExecuteMetadata.newBuilder()
                .setExitCode(exit.exitCode())
                .setDurationMs(milliseconds(exit.duration()))
                .setTimedOut(exit.outcome() == Outcome.TIMED_OUT)
                .setOutcome(outcome(exit.outcome()))
                .setSignal(exit.signal())
                .setStdoutTruncated(exit.stdoutTruncated())
                .setStderrTruncated(exit.stderrTruncated())
                .setTraceId(traceId)
                .setKilledProcess(details.killedProcess())
                .setBackgroundProcesses(details.backgroundProcesses())
                .addAllSkippedFiles(details.skippedFiles().stream()
                        .map(file -> skipped(file.path(), file.reason()))
                        .toList())
                .setSkippedTotal(details.skippedFilesCount())
                .setWarmInterpreter(details.interpreter() == Interpreter.WARM)
                .setHost(host(result, known))
                .build();
    }

    public static void deliver(ExecuteChunk chunk, OutputSink sink) {
        switch (chunk.getContentCase()) {
            case STDOUT_CHUNK -> sink.stdout(chunk.getStdoutChunkBytes().asReadOnlyByteBuffer());
            case STDERR_CHUNK -> sink.stderr(chunk.getStderrChunkBytes().asReadOnlyByteBuffer());
            case STDOUT_BYTES -> sink.stdout(chunk.getStdoutBytes().asReadOnlyByteBuffer());
            case STDERR_BYTES -> sink.stderr(chunk.getStderrBytes().asReadOnlyByteBuffer());
            case FILE ->
                sink.file(
                        chunk.getFile().getPath(),
                        chunk.getFile().getContent().asReadOnlyByteBuffer(),
                        chunk.getFile().getLast());
            case CONTENT_NOT_SET -> {}
        }
    }

    /** Returns a digest of the request without its key. */
    public static String digest(ExecuteRequest message) {
        ExecuteRequest keyless = message.toBuilder().clearIdempotencyKey().build();
        return Sha256.ofWritten(bytes -> {
            CodedOutputStream output = CodedOutputStream.newInstance(bytes);
            // Maps have no defined order.
            output.useDeterministicSerialization();
            keyless.writeTo(output);
            output.flush();
        });
    }

    static SkippedFile skipped(String path, String reason) {
        return SkippedFile.newBuilder().setPath(path).setReason(reason).build();
    }

    static VmmReport vmm(VmmIdentity identity, String reason) {
        return VmmReport.newBuilder()
                .setName(identity.name())
                .setVersion(identity.version())
                .setAccelerator(identity.accelerator())
                .setReason(reason)
                .build();
    }

    private static HostReport host(ExecutionResult result, HostReport known) {
        return known.toBuilder()
                .setVmId(result.vmId().value())
                .setTemplate(result.template().orElse(""))
                .setAcquireMs(milliseconds(result.acquireTime()))
                .setRunMs(milliseconds(result.runTime()))
                .addAllLayers(
                        result.layers().stream().map(ExecutionProtos::layer).toList())
                .setDetail(result.detail())
                .build();
    }

    private static LayerReport layer(LayerState state) {
        return LayerReport.newBuilder()
                .setNumber(state.layer().number())
                .setName(state.layer().label())
                .setStatus(state.status().label())
                .setDetail(state.detail())
                .setFix(state.fix())
                .build();
    }

    private static io.neurovisor.proto.execution.Outcome outcome(Outcome outcome) {
        return switch (outcome) {
            case COMPLETED -> io.neurovisor.proto.execution.Outcome.COMPLETED;
            case TIMED_OUT -> io.neurovisor.proto.execution.Outcome.TIMED_OUT;
            case OUT_OF_MEMORY -> io.neurovisor.proto.execution.Outcome.OUT_OF_MEMORY;
            case OUTPUT_LIMIT -> io.neurovisor.proto.execution.Outcome.OUTPUT_LIMIT;
            case CANCELLED -> io.neurovisor.proto.execution.Outcome.CANCELLED;
            case SANDBOX_DIED -> io.neurovisor.proto.execution.Outcome.SANDBOX_DIED;
            case OUTCOME_UNKNOWN -> io.neurovisor.proto.execution.Outcome.OUTCOME_UNKNOWN;
        };
    }

    private static double milliseconds(Duration duration) {
        return duration.toNanos() / NANOS_PER_MILLISECOND;
    }
}

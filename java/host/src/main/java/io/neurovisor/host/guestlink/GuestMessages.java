package io.neurovisor.host.guestlink;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestUsage;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.program.SkippedFile;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.host.message.GuestText;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteMetadata;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.InputFile;
import io.neurovisor.proto.execution.Limits;
import io.neurovisor.proto.guest.StatsResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Translates between messages and the engine's values. Messages of a guest are untrusted. */
public final class GuestMessages {
    private static final Metadata.Key<String> TRACE_ID =
            Metadata.Key.of("x-trace-id", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> TRACEPARENT =
            Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);
    private static final int MAX_SKIPPED_FILES = 16;
    private static final double NANOS_PER_MILLISECOND = 1e6;

    private GuestMessages() {}

    public static ExecuteRequest request(Program program, Duration timeout) {
        ExecuteRequest.Builder request = ExecuteRequest.newBuilder()
                .setLanguage(program.language().label())
                .setCode(program.code())
                .addAllArgs(program.arguments())
                .putAllEnv(program.environment())
                .setStdin(UnsafeByteOperations.unsafeWrap(program.stdin()))
                .setTimeoutSecs(Math.toIntExact(timeout.toSeconds()))
                .setPlainInterpreter(program.interpreter() == Interpreter.PLAIN)
                .setLimits(Limits.newBuilder()
                        .setOutputBytes(program.limits().outputBytes())
                        .setProcesses(program.limits().processes()));
        program.files()
                .forEach(file -> request.addFiles(InputFile.newBuilder()
                        .setPath(file.path())
                        .setContent(UnsafeByteOperations.unsafeWrap(file.content()))
                        .setExecutable(file.executable())));
        return request.build();
    }

    /**
     * Adds the trace headers to calls.
     *
     * @param traceparent the calling span in W3C's form; empty if it is not recorded
     */
    public static ClientInterceptor traceHeaders(TraceId traceId, Optional<String> traceparent) {
        Metadata headers = new Metadata();
        headers.put(TRACE_ID, traceId.toString());
        traceparent.ifPresent(header -> headers.put(TRACEPARENT, header));
        return MetadataUtils.newAttachHeadersInterceptor(headers);
    }

    /** Returns whether the message contains neither output nor a part of a file. */
    static boolean isEmpty(ExecuteChunk chunk) {
        return switch (chunk.getContentCase()) {
            case STDOUT_CHUNK -> chunk.getStdoutChunkBytes().isEmpty();
            case STDERR_CHUNK -> chunk.getStderrChunkBytes().isEmpty();
            case STDOUT_BYTES -> chunk.getStdoutBytes().isEmpty();
            case STDERR_BYTES -> chunk.getStderrBytes().isEmpty();
            case FILE ->
                chunk.getFile().getContent().isEmpty() && !chunk.getFile().getLast();
            case CONTENT_NOT_SET -> true;
        };
    }

    static void deliver(ExecuteChunk chunk, OutputSink sink, OutputFiles files) {
        switch (chunk.getContentCase()) {
            case STDOUT_CHUNK -> sink.stdout(bytes(chunk.getStdoutChunkBytes()));
            case STDERR_CHUNK -> sink.stderr(bytes(chunk.getStderrChunkBytes()));
            case STDOUT_BYTES -> sink.stdout(bytes(chunk.getStdoutBytes()));
            case STDERR_BYTES -> sink.stderr(bytes(chunk.getStderrBytes()));
            case FILE -> files.add(chunk.getFile());
            case CONTENT_NOT_SET -> {}
        }
    }

    static ProgramExit exit(ExecuteMetadata metadata) {
        return exit(metadata, outcome(metadata));
    }

    /** Returns the end of a program, with an outcome that has been parsed already. */
    public static ProgramExit exit(ExecuteMetadata metadata, Outcome outcome) {
        return new ProgramExit(
                outcome,
                metadata.getExitCode() & 0xff,
                metadata.getSignal() & 0x7f,
                duration(metadata.getDurationMs()),
                metadata.getStdoutTruncated(),
                metadata.getStderrTruncated(),
                details(metadata));
    }

    private static ProgramExit.Details details(ExecuteMetadata metadata) {
        List<SkippedFile> skipped = metadata.getSkippedFilesList().stream()
                .limit(MAX_SKIPPED_FILES)
                .map(file -> new SkippedFile(GuestText.line(file.getPath()), GuestText.line(file.getReason())))
                .toList();
        return new ProgramExit.Details(
                GuestText.line(metadata.getKilledProcess()),
                Math.max(0, metadata.getBackgroundProcesses()),
                skipped,
                Math.max(skipped.size(), metadata.getSkippedTotal()),
                metadata.getWarmInterpreter() ? Interpreter.WARM : Interpreter.PLAIN);
    }

    /** Returns what a guest claims to use. Its numbers are consistent, but not necessarily true. */
    static GuestUsage usage(StatsResponse stats) {
        long memoryTotal = Math.max(0, stats.getMemoryTotalBytes());
        long diskTotal = Math.max(0, stats.getDiskTotalBytes());
        double cpuSeconds = stats.getCpuBusySeconds();
        return new GuestUsage(
                Double.isFinite(cpuSeconds) ? Math.max(0, cpuSeconds) : 0,
                memoryTotal - Math.clamp(stats.getMemoryAvailableBytes(), 0, memoryTotal),
                memoryTotal,
                Math.clamp(stats.getMemoryCacheBytes(), 0, memoryTotal),
                Math.clamp(stats.getDiskUsedBytes(), 0, diskTotal),
                diskTotal,
                Math.max(0, stats.getProcesses()));
    }

    private static ByteBuffer bytes(ByteString text) {
        return text.asReadOnlyByteBuffer();
    }

    private static Outcome outcome(ExecuteMetadata metadata) {
        return switch (metadata.getOutcome()) {
            case COMPLETED -> Outcome.COMPLETED;
            case TIMED_OUT -> Outcome.TIMED_OUT;
            case OUT_OF_MEMORY -> Outcome.OUT_OF_MEMORY;
            case OUTPUT_LIMIT -> Outcome.OUTPUT_LIMIT;
            case CANCELLED -> Outcome.CANCELLED;
            // Only the host, never a guest, may report the last two.
            case SANDBOX_DIED, OUTCOME_UNKNOWN, OUTCOME_UNSPECIFIED, UNRECOGNIZED ->
                throw new NeuroVisorException(
                        Fault.SANDBOX_LOST,
                        "the guest agent reported outcome " + metadata.getOutcomeValue()
                                + ", which only the host may report");
        };
    }

    static Duration duration(double milliseconds) {
        return milliseconds >= 0 && milliseconds < 1e9
                ? Duration.ofNanos((long) (milliseconds * NANOS_PER_MILLISECOND))
                : Duration.ZERO;
    }
}

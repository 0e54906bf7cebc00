package io.neurovisor.server.grpc.execution;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.host.guestlink.GuestMessages;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullMarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** What a request and its output are on their way through the service: messages, values, messages. */
@NullMarked
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MessagesPiece {
    private static final RequestTimeouts TIMEOUTS =
            new RequestTimeouts(Duration.ofSeconds(30), Duration.ofSeconds(30));
    private static final TraceId TRACE = new TraceId(new UUID(1, 2));
    private static final byte[] REQUEST = ExecuteRequest.newBuilder()
            .setLanguage("python")
            .setCode("print(6*7)\n".repeat(50))
            .putEnv("NAME", "value")
            .build()
            .toByteArray();

    private final ByteBuffer output = StandardCharsets.UTF_8.encode("a line of output, with ä and ✓\n".repeat(500));

    /** From a client's bytes to those for the guest. */
    @Benchmark
    public byte[] request() {
        try {
            ExecutionRequest request =
                    ExecutionProtos.request(ExecuteRequest.parseFrom(REQUEST), TRACE, TIMEOUTS, SandboxSize.SMALL);
            return GuestMessages.request(request.program(), request.timeout()).toByteArray();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** 17 KiB of a guest's output as chunks for a client, in bytes. */
    @Benchmark
    public List<byte[]> outputToClient() {
        List<byte[]> sent = new ArrayList<>();
        ChunkSink sink = new ChunkSink(chunk -> sent.add(chunk.toByteArray()));
        sink.stdout(output.duplicate());
        sink.endOutput();
        return sent;
    }

    /** The same from a client's chunk to its sink. */
    @Benchmark
    public void outputAtClient(Blackhole eaten) {
        ChunkSink sender = new ChunkSink(chunk -> ExecutionProtos.deliver(parsed(chunk), new OutputSink() {
            @Override
            public void stdout(ByteBuffer bytes) {
                eaten.consume(bytes);
            }

            @Override
            public void stderr(ByteBuffer bytes) {
                eaten.consume(bytes);
            }

            @Override
            public void file(String path, ByteBuffer part, boolean last) {
                eaten.consume(part);
            }
        }));
        sender.stdout(output.duplicate());
        sender.endOutput();
    }

    private static ExecuteChunk parsed(ExecuteChunk chunk) {
        try {
            return ExecuteChunk.parseFrom(chunk.toByteArray());
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}

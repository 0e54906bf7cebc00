package io.neurovisor.server.audit;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.trace.TraceId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The line before an execution: made, and on the disk. */
@NullMarked
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class AuditPiece {
    private static final AuditedCall CALL = new AuditedCall("key:ci", "neurovisor.execution.ExecutionService/Execute");
    private static final ExecutionRequest REQUEST = new ExecutionRequest(
            new TraceId(new UUID(1, 2)),
            new Program(Language.PYTHON, "print(6*7)\n".repeat(50)),
            Duration.ofSeconds(30),
            SandboxSize.SMALL);

    @SuppressWarnings("NullAway.Init") // JMH calls open first.
    private Path directory;

    @SuppressWarnings("NullAway.Init") // JMH calls open first.
    private AuditLog log;

    @Setup
    public void open() throws IOException {
        directory = Files.createTempDirectory("neurovisor-pieces-");
        log = new AuditLog(directory, OptionalLong.of(16 << 20), InstantSource.system());
    }

    @TearDown
    public void close() throws IOException {
        log.close();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted((one, other) -> other.compareTo(one)).toList()) {
                Files.delete(file);
            }
        }
    }

    @Benchmark
    public byte[] line() {
        return AuditLine.accepted(Instant.EPOCH, CALL, REQUEST);
    }

    @Benchmark
    public AuditedExecution onTheDisk() {
        return log.accept(CALL, REQUEST);
    }
}

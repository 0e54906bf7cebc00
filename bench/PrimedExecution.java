import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.engine.pool.Order;
import io.neurovisor.engine.pool.PoolPlan;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.Settings;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.config.Surroundings;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What {@code Executions.execute} costs in a sandbox that is leased and primed: the median, in milliseconds, from the
 * call to the first byte of the program's output, in a JVM that has done it before.
 *
 * <p>{@code java -cp ... bench/PrimedExecution.java HOME LANGUAGE CODE COUNT}
 */
final class PrimedExecution {
    private static final int REHEARSALS = 10;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    public static void main(String[] arguments) {
        Settings settings = new Settings(
                Path.of(arguments[0]),
                LoadedConfig.load(Map.of(), Optional.empty(), Surroundings.ofThisProcess())
                        .config());
        Program program = new Program(Language.named(arguments[1]), arguments[2]);
        double[] milliseconds = new double[Integer.parseInt(arguments[3])];
        try (NeuroVisor neuroVisor = NeuroVisor.open(settings, Progress.SILENT)) {
            for (int run = -REHEARSALS; run < milliseconds.length; run++) {
                double taken = firstByteMilliseconds(neuroVisor, program);
                if (run >= 0) {
                    milliseconds[run] = taken;
                }
            }
        }
        Arrays.sort(milliseconds);
        System.out.printf("%.1f%n", milliseconds[milliseconds.length / 2]);
    }

    private static double firstByteMilliseconds(NeuroVisor neuroVisor, Program program) {
        Order order = neuroVisor.prepare(SandboxSize.MEDIUM);
        try (Lease lease = neuroVisor.pool().lease(order)) {
            lease.sandbox().prime(program, Deadline.after(PATIENCE, Ticker.SYSTEM));
            return firstByteMilliseconds(lease.sandbox(), order, program);
        }
    }

    private static double firstByteMilliseconds(Sandbox sandbox, Order order, Program program) {
        WarmPool ofOne = new WarmPool(new PoolPlan(order, 0, 1, PATIENCE), wanted -> sandbox, made -> {}, Ticker.SYSTEM);
        Executions executions = new Executions(request -> order, ofOne, Ticker.SYSTEM);
        ExecutionRequest request = new ExecutionRequest(
                new TraceId(UUID.randomUUID()), program, ExecutionRequest.DEFAULT_TIMEOUT, SandboxSize.MEDIUM);
        FirstByte sink = new FirstByte(System.nanoTime());
        ExecutionResult result = executions.execute(request, sink);
        if (result.exit().exitCode() != 0 || sink.nanos < 0) {
            throw new IllegalStateException("the program failed: " + result);
        }
        return sink.nanos / 1e6;
    }

    private static final class FirstByte implements OutputSink {
        private final long startNanos;
        private long nanos = -1;

        FirstByte(long startNanos) {
            this.startNanos = startNanos;
        }

        @Override
        public void stdout(ByteBuffer bytes) {
            if (nanos < 0) {
                nanos = System.nanoTime() - startNanos;
            }
        }

        @Override
        public void stderr(ByteBuffer bytes) {}

        @Override
        public void file(String path, ByteBuffer part, boolean last) {}
    }
}

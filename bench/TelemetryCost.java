import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import com.sun.net.httpserver.HttpServer;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.execution.ExecutionListeners;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.config.Surroundings;
import io.neurovisor.server.grpc.ServedExecutions;
import io.neurovisor.server.metrics.ExecutionMetrics;
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.LoggerFactory;

/**
 * What telemetry costs a request: calls over a real connection to the service as the daemon has it, with guests that take no
 * time, in turn with spans sent by OTLP, measurements of executions and a log line each, and without.
 *
 * <p>{@code java -cp ... bench/TelemetryCost.java DIRECTORY}
 */
final class TelemetryCost {
    private static final int WARM_UP = 4_000;
    private static final int CALLS = 20_000;

    public static void main(String[] arguments) throws IOException {
        Path data = Path.of(arguments[0]);
        AtomicLong exported = new AtomicLong();
        HttpServer receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        receiver.createContext("/", exchange -> {
            exported.addAndGet(exchange.getRequestBody().readAllBytes().length);
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        receiver.start();
        Logger log = log(data.resolve("log"));
        try (Tracing tracing = Tracing.of(config(receiver.getAddress().getPort()));
                Service without = new Service(data.resolve("off"), Tracing.OFF, ExecutionListener.NONE);
                Service with = new Service(
                        data.resolve("on"),
                        tracing,
                        new ExecutionListeners(
                                List.of(new ExecutionMetrics(new PrometheusRegistry()), tracing.executions())))) {
            long[] off = new long[CALLS];
            long[] on = new long[CALLS];
            for (int call = -WARM_UP; call < CALLS; call++) {
                log.setLevel(Level.WARN);
                long offNanos = without.call();
                log.setLevel(Level.INFO);
                long onNanos = with.call();
                if (call >= 0) {
                    off[call] = offNanos;
                    on[call] = onNanos;
                }
            }
            Arrays.sort(off);
            Arrays.sort(on);
            System.out.printf("calls each way: %d; exported: %d bytes%n", CALLS, exported.get());
            System.out.println("| telemetry | p50 us | p95 us | p99 us |");
            System.out.println("|---|---|---|---|");
            System.out.println(row("off", off));
            System.out.println(row("on", on));
            System.out.printf("difference of the medians: %.0f us%n", (on[CALLS / 2] - off[CALLS / 2]) / 1e3);
        } finally {
            receiver.stop(0);
        }
    }

    private static String row(String name, long[] sorted) {
        return "| %s | %.0f | %.0f | %.0f |"
                .formatted(
                        name, sorted[CALLS / 2] / 1e3, sorted[CALLS * 95 / 100] / 1e3, sorted[CALLS * 99 / 100] / 1e3);
    }

    /** Into a file, as a daemon's stderr may be. */
    private static Logger log(Path target) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.detachAndStopAllAppenders();
        root.setLevel(Level.WARN);
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%d %level %logger %X{trace_id} %msg %kvp%n");
        encoder.start();
        FileAppender<ILoggingEvent> file = new FileAppender<>();
        file.setContext(context);
        file.setFile(target.toString());
        file.setEncoder(encoder);
        file.start();
        root.addAppender(file);
        return context.getLogger("io.neurovisor");
    }

    private static Config config(int port) {
        return LoadedConfig.load(
                        Map.of("otlp", "http://127.0.0.1:" + port, "otlp-protocol", "http/protobuf"),
                        Optional.empty(),
                        new Surroundings(Map.of(), Path.of("/nowhere")))
                .config();
    }

    /** The execution service behind a port of its own, with a client. */
    private static final class Service implements AutoCloseable {
        private final ServedExecutions served;
        private final ManagedChannel channel;
        private final ExecutionServiceGrpc.ExecutionServiceBlockingStub client;

        Service(Path data, Tracing tracing, ExecutionListener listener) {
            served = new ServedExecutions(
                    data,
                    TestPools.executions(
                            new FakeVmm(_ -> new FakeGuest()), TestFiles.bootFiles(), Ticker.SYSTEM, listener),
                    false,
                    Optional.empty(),
                    tracing);
            channel = NettyChannelBuilder.forAddress("127.0.0.1", served.listen())
                    .usePlaintext()
                    .build();
            client = ExecutionServiceGrpc.newBlockingStub(channel);
        }

        long call() {
            long start = System.nanoTime();
            ExecuteResponse response = client.execute(ExecuteRequest.newBuilder()
                    .setLanguage("python")
                    .setCode("1")
                    .build());
            long nanos = System.nanoTime() - start;
            if (response.getTraceId().isEmpty()) {
                throw new IllegalStateException("no trace: " + response);
            }
            return nanos;
        }

        @Override
        public void close() {
            channel.shutdownNow();
            served.close();
        }
    }
}

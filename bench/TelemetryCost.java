import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import com.sun.net.httpserver.HttpServer;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.execution.ExecutionListeners;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.machine.MachineFactory;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.grpc.ServedExecutions;
import io.neurovisor.server.metrics.Metrics;
import io.neurovisor.server.overview.RecentExecutions;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import io.opentelemetry.instrumentation.logback.appender.v1_0.OpenTelemetryAppender;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import net.logstash.logback.encoder.LogstashEncoder;
import org.slf4j.LoggerFactory;

/**
 * Measures the cost of telemetry for a request: calls over a real connection to the service of the daemon, with guests that take
 * no time. Calls with all telemetry of a daemon (spans and logs by OTLP, metrics of machines, executions and calls, the history
 * of the status page, and a log line in JSON) and calls without it take turns. Fails if the medians differ by more than half a
 * millisecond.
 *
 * <p>{@code java -cp ... bench/TelemetryCost.java DIRECTORY}
 */
final class TelemetryCost {
    private static final int WARM_UP = 4_000;
    private static final int CALLS = 20_000;
    private static final double MOST_MICROS = 500;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

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
        boolean holds;
        Metrics metrics = new Metrics();
        try (Tracing tracing = Tracing.of(config(receiver.getAddress().getPort()));
                Service without = new Service(
                        new ServedExecutions(
                                data.resolve("off"),
                                executions(MachineListener.NONE, ExecutionListener.NONE),
                                Tracing.OFF,
                                new Metrics(),
                                false));
                Service with = new Service(new ServedExecutions(
                        data.resolve("on"),
                        executions(
                                metrics.machines(),
                                new ExecutionListeners(List.of(
                                        metrics.executions(),
                                        tracing.executions(),
                                        new RecentExecutions(InstantSource.system(), Ticker.SYSTEM)))),
                        tracing,
                        metrics,
                        true))) {
            Logger log = log(data.resolve("log"), tracing);
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
            double difference = (on[CALLS / 2] - off[CALLS / 2]) / 1e3;
            holds = difference <= MOST_MICROS;
            System.out.printf("difference of the medians: %.0f us, at most %.0f%n", difference, MOST_MICROS);
        } finally {
            receiver.stop(0);
        }
        System.exit(holds ? 0 : 1);
    }

    /** Runs each request in a fresh machine; its start and end are part of the measurement. */
    private static Executions executions(MachineListener machines, ExecutionListener listener) {
        MachineFactory factory = new MachineFactory(
                new FakeVmm(_ -> new FakeGuest()), new SecureRandom(), Ticker.SYSTEM, machines, RequiredLayers.NONE);
        MachineKind usual = new MachineKind("base", SandboxSize.SMALL);
        WarmPool pool = new WarmPool(
                TestPools.plan(usual, 0, 1, PATIENCE),
                TestPools.machines(
                        factory,
                        (id, kind) -> factory.open(
                                id,
                                new VmStart.ColdBoot(TestFiles.bootFiles(), kind.size()),
                                Deadline.after(PATIENCE, Ticker.SYSTEM))),
                _ -> {},
                Ticker.SYSTEM,
                machines);
        return new Executions(_ -> usual, pool, Ticker.SYSTEM, listener);
    }

    private static String row(String name, long[] sorted) {
        return "| %s | %.0f | %.0f | %.0f |"
                .formatted(
                        name, sorted[CALLS / 2] / 1e3, sorted[CALLS * 95 / 100] / 1e3, sorted[CALLS * 99 / 100] / 1e3);
    }

    /** Logs into a file, like a daemon whose stderr is redirected, and to the collector of the traces. */
    private static Logger log(Path target, Tracing tracing) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.detachAndStopAllAppenders();
        root.setLevel(Level.WARN);
        LogstashEncoder encoder = new LogstashEncoder();
        encoder.setContext(context);
        encoder.start();
        FileAppender<ILoggingEvent> file = new FileAppender<>();
        file.setContext(context);
        file.setFile(target.toString());
        file.setEncoder(encoder);
        file.start();
        root.addAppender(file);
        OpenTelemetryAppender sent = new OpenTelemetryAppender();
        sent.setContext(context);
        sent.setCaptureKeyValuePairAttributes(true);
        sent.setOpenTelemetry(tracing.telemetry());
        sent.start();
        root.addAppender(sent);
        return context.getLogger("io.neurovisor");
    }

    private static Config config(int port) {
        return LoadedConfig.load(
                        Map.of("otlp", "http://127.0.0.1:" + port, "otlp-protocol", "http/protobuf"),
                        Optional.empty(),
                        new ProcessEnvironment(Map.of(), Path.of("/nowhere")))
                .config();
    }

    /** The execution service at a separate port, with a client. */
    private static final class Service implements AutoCloseable {
        private final ServedExecutions served;
        private final ManagedChannel channel;
        private final ExecutionServiceGrpc.ExecutionServiceBlockingStub client;

        Service(ServedExecutions served) {
            this.served = served;
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

package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.provider.ProviderChoice;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.ebpf.EbpfMode;
import io.neurovisor.host.guestkernel.KernelChoice;
import io.neurovisor.host.spawner.UidRange;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * One thing that a user can set. Its name is its path in the tree of {@link Config}: the component {@code cache.max} is
 * {@code cache-max} in the file, {@code --cache-max} on the command line, {@code NEUROVISOR_CACHE_MAX} in the environment.
 *
 * @param variable the environment variable, which is not derived where users know another
 * @param standard the value where nobody sets one
 */
public record Setting<T>(String name, String variable, Form<T> form, Function<ProcessEnvironment, T> standard) {
    private static final int MOST_MACHINES = 1000;

    public static final Setting<Path> DATA_DIR = new Setting<>(
            "data-dir",
            Form.PATH,
            environment ->
                    environment.directory("XDG_DATA_HOME", ".local/share").resolve("neurovisor"));
    public static final Setting<String> IMAGE = new Setting<>("image", Form.IMAGE, _ -> ExecutionRequest.USUAL_IMAGE);
    public static final Setting<KernelChoice> KERNEL =
            new Setting<>("kernel", Form.oneOf(KernelChoice.values()), _ -> KernelChoice.AUTO);
    public static final Setting<VmmChoice> VMM =
            new Setting<>("vmm", Form.oneOf(VmmChoice.values()), _ -> VmmChoice.AUTO);
    public static final Setting<EbpfMode> EBPF =
            new Setting<>("ebpf", Form.oneOf(EbpfMode.values()), _ -> EbpfMode.AUTO);
    public static final Setting<RequiredLayers> STRICT =
            new Setting<>("strict", Form.REQUIRED_LAYERS, _ -> RequiredLayers.NONE);
    public static final Setting<Optional<Path>> FIRECRACKER =
            new Setting<>("firecracker", Form.FOUND_PATH, _ -> Optional.empty());
    public static final Setting<SandboxSize> SIZE =
            new Setting<>("size", Form.oneOf(SandboxSize.values()), _ -> SandboxSize.MEDIUM);
    public static final Setting<Boolean> SNAPSHOT = new Setting<>("snapshot", Form.SWITCH, _ -> true);
    public static final Setting<Duration> TIMEOUT =
            new Setting<>("timeout", Form.TIMEOUT, _ -> ExecutionRequest.DEFAULT_TIMEOUT);
    public static final Setting<Duration> TIMEOUT_MAX =
            new Setting<>("timeout-max", Form.TIMEOUT, _ -> Duration.ofHours(1));
    public static final Setting<Integer> WARM =
            new Setting<>("warm", "NEUROVISOR_POOL_SIZE", Form.count(0, MOST_MACHINES), _ -> 3);
    public static final Setting<Integer> MAX =
            new Setting<>("max", "NEUROVISOR_MAX_VMS", Form.count(1, MOST_MACHINES), _ -> 10);
    public static final Setting<Duration> ACQUIRE_TIMEOUT =
            new Setting<>("acquire-timeout", Form.TIMEOUT, _ -> Duration.ofSeconds(30));
    public static final Setting<UidRange> VM_UIDS =
            new Setting<>("vm-uids", Form.UIDS, _ -> new UidRange(2_000_000_000L, 2_000_000_999L));
    public static final Setting<Optional<UidRange>> IMAGE_UIDS = new Setting<>(
            "image-uids", Form.IMAGE_UIDS, _ -> Optional.of(new UidRange(2_000_065_536L, 2_000_131_071L)));
    public static final Setting<String> MODEL = new Setting<>("model", Form.MODEL, _ -> "qwen3");
    public static final Setting<ProviderChoice> PROVIDER =
            new Setting<>("provider", Form.oneOf(ProviderChoice.values()), _ -> ProviderChoice.AUTO);
    public static final Setting<Optional<URI>> BASE_URL =
            new Setting<>("base-url", Form.FOUND_URL, _ -> Optional.empty());
    public static final Setting<URI> OLLAMA_HOST =
            new Setting<>("ollama-host", "OLLAMA_HOST", Form.OLLAMA_HOST, _ -> URI.create("http://localhost:11434"));
    public static final Setting<Optional<Path>> API_KEY_FILE =
            new Setting<>("api-key-file", Form.OPTIONAL_PATH, _ -> Optional.empty());
    public static final Setting<Optional<Duration>> KEEP_ALIVE =
            new Setting<>("keep-alive", Form.FOUND_TIME, _ -> Optional.empty());
    public static final Setting<Integer> MAX_ITERATIONS = new Setting<>("max-iterations", Form.count(1, 1000), _ -> 10);
    public static final Setting<Integer> MAX_TOOL_CALLS =
            new Setting<>("max-tool-calls", Form.count(1, 100_000), _ -> 100);
    public static final Setting<Integer> MAX_TOKENS =
            new Setting<>("max-tokens", Form.count(1, 999_999_999), _ -> 1_000_000);
    public static final Setting<Duration> AGENT_TIMEOUT =
            new Setting<>("agent-timeout", Form.TIMEOUT, _ -> Duration.ofHours(1));
    public static final Setting<Optional<Path>> TLS_CERT =
            new Setting<>("tls-cert", Form.OPTIONAL_PATH, _ -> Optional.empty());
    public static final Setting<Optional<Path>> TLS_KEY =
            new Setting<>("tls-key", Form.OPTIONAL_PATH, _ -> Optional.empty());
    public static final Setting<Optional<Path>> TLS_CLIENT_CA =
            new Setting<>("tls-client-ca", Form.OPTIONAL_PATH, _ -> Optional.empty());
    public static final Setting<Boolean> INSECURE_LISTEN = new Setting<>("insecure-listen", Form.SWITCH, _ -> false);
    public static final Setting<Boolean> REQUIRE_KEYS = new Setting<>("require-keys", Form.SWITCH, _ -> false);
    public static final Setting<Optional<RateLimit>> RATE_LIMIT =
            new Setting<>("rate-limit", Form.RATE, _ -> Optional.of(new RateLimit(100, 50)));
    public static final Setting<Optional<DataSize>> AUDIT_MAX =
            new Setting<>("audit-max", Form.LOG_LIMIT, _ -> DataSize.parse("100M"));
    public static final Setting<InetAddress> LISTEN =
            new Setting<>("listen", Form.ADDRESS, _ -> InetAddress.getLoopbackAddress());
    public static final Setting<Integer> PORT = new Setting<>("port", Form.count(0, 65_535), _ -> 50_051);
    public static final Setting<InetAddress> METRICS_LISTEN =
            new Setting<>("metrics-listen", Form.ADDRESS, _ -> InetAddress.getLoopbackAddress());
    public static final Setting<Integer> METRICS_PORT = new Setting<>("metrics-port", Form.count(0, 65_535), _ -> 9090);
    public static final Setting<Optional<Path>> METRICS_TLS_CERT =
            new Setting<>("metrics-tls-cert", Form.OPTIONAL_PATH, _ -> Optional.empty());
    public static final Setting<Optional<Path>> METRICS_TLS_KEY =
            new Setting<>("metrics-tls-key", Form.OPTIONAL_PATH, _ -> Optional.empty());
    public static final Setting<Boolean> METRICS_REQUIRE_KEYS =
            new Setting<>("metrics-require-keys", Form.SWITCH, _ -> false);
    public static final Setting<Optional<URI>> PUSHGATEWAY =
            new Setting<>("pushgateway", Form.PUSHGATEWAY, _ -> Optional.empty());
    public static final Setting<Optional<URI>> OTLP =
            new Setting<>("otlp", "OTEL_EXPORTER_OTLP_ENDPOINT", Form.OTLP, _ -> Optional.empty());
    public static final Setting<OtlpProtocol> OTLP_PROTOCOL =
            new Setting<>("otlp-protocol", "OTEL_EXPORTER_OTLP_PROTOCOL", Form.OTLP_PROTOCOL, _ -> OtlpProtocol.AUTO);
    public static final Setting<Double> TRACE_SAMPLE = new Setting<>("trace-sample", Form.SHARE, _ -> 1.0);
    public static final Setting<Path> SOCKET = new Setting<>(
            "socket", Form.PATH, environment -> environment.runtimeDirectory().resolve("daemon.sock"));
    public static final Setting<DaemonUse> DAEMON =
            new Setting<>("daemon", Form.oneOf(DaemonUse.values()), _ -> DaemonUse.AUTO);
    public static final Setting<Duration> DRAIN_TIMEOUT =
            new Setting<>("drain-timeout", Form.TIMEOUT, _ -> Duration.ofSeconds(30));
    public static final Setting<Duration> SEND_TIMEOUT =
            new Setting<>("send-timeout", Form.TIMEOUT, _ -> Duration.ofMinutes(1));
    public static final Setting<Boolean> CHANNELZ = new Setting<>("channelz", Form.SWITCH, _ -> false);
    public static final Setting<Optional<DataSize>> CACHE_MAX =
            new Setting<>("cache-max", Form.LIMIT, _ -> Optional.empty());
    public static final Setting<Optional<Duration>> SESSIONS_MAX_AGE =
            new Setting<>("sessions-max-age", Form.AGE, _ -> Optional.of(Duration.ofDays(30)));
    public static final Setting<LogLevel> LOG_LEVEL =
            new Setting<>("log-level", "NEUROVISOR_LOG", Form.oneOf(LogLevel.values()), _ -> LogLevel.INFO);
    public static final Setting<LogFormat> LOG_FORMAT =
            new Setting<>("log-format", Form.oneOf(LogFormat.values()), _ -> LogFormat.AUTO);

    /** In the order in which they are shown. */
    public static final List<Setting<?>> ALL = List.of(
            DATA_DIR,
            IMAGE,
            KERNEL,
            VMM,
            FIRECRACKER,
            EBPF,
            STRICT,
            SIZE,
            SNAPSHOT,
            TIMEOUT,
            TIMEOUT_MAX,
            WARM,
            MAX,
            ACQUIRE_TIMEOUT,
            VM_UIDS,
            IMAGE_UIDS,
            MODEL,
            PROVIDER,
            BASE_URL,
            OLLAMA_HOST,
            API_KEY_FILE,
            KEEP_ALIVE,
            MAX_ITERATIONS,
            MAX_TOOL_CALLS,
            MAX_TOKENS,
            AGENT_TIMEOUT,
            TLS_CERT,
            TLS_KEY,
            TLS_CLIENT_CA,
            INSECURE_LISTEN,
            REQUIRE_KEYS,
            RATE_LIMIT,
            AUDIT_MAX,
            LISTEN,
            PORT,
            METRICS_LISTEN,
            METRICS_PORT,
            METRICS_TLS_CERT,
            METRICS_TLS_KEY,
            METRICS_REQUIRE_KEYS,
            PUSHGATEWAY,
            OTLP,
            OTLP_PROTOCOL,
            TRACE_SAMPLE,
            SOCKET,
            DAEMON,
            DRAIN_TIMEOUT,
            SEND_TIMEOUT,
            CHANNELZ,
            CACHE_MAX,
            SESSIONS_MAX_AGE,
            LOG_LEVEL,
            LOG_FORMAT);

    public Setting {
        requireNonNull(name, "name is null");
        requireNonNull(variable, "variable is null");
        requireNonNull(form, "form is null");
        requireNonNull(standard, "standard is null");
    }

    private Setting(String name, Form<T> form, Function<ProcessEnvironment, T> standard) {
        this(name, "NEUROVISOR_" + name.replace('-', '_').toUpperCase(Locale.ROOT), form, standard);
    }

    public String flag() {
        return "--" + name;
    }

    /** The setting that a flag or a key of the file names. */
    public static Optional<Setting<?>> named(String name) {
        return ALL.stream().filter(setting -> setting.name().equals(name)).findFirst();
    }
}

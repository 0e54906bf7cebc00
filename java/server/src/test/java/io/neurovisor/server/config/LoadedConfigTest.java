package io.neurovisor.server.config;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.agent.provider.ProviderChoice;
import io.neurovisor.agent.provider.VisionChoice;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.ebpf.EbpfMode;
import io.neurovisor.host.guestkernel.KernelChoice;
import io.neurovisor.host.spawner.UidRange;
import io.neurovisor.server.config.TelemetryConfig.OtlpProtocol;
import io.neurovisor.server.setting.DataSize;
import io.neurovisor.server.setting.EffectiveValue;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LoadedConfigTest {
    /** For every setting a value other than its default. */
    private static final Map<String, String> OTHERS = Map.ofEntries(
            entry("data-dir", "/srv/nv"),
            entry("image", "full"),
            entry("kernel", "small"),
            entry("size", "large"),
            entry("snapshot", "off"),
            entry("timeout", "5m"),
            entry("warm", "0"),
            entry("max", "1"),
            entry("acquire-timeout", "90s"),
            entry("prime-javascript", "on"),
            entry("max-sandboxes", "0"),
            entry("sandbox-timeout", "11m"),
            entry("max-paused", "7"),
            entry("sandbox-disk", "3G"),
            entry("vm-uids", "4000-4999"),
            entry("image-uids", "off"),
            entry("vmm", "qemu"),
            entry("firecracker", "/opt/firecracker"),
            entry("model", "qwen2.5-coder:0.5b"),
            entry("provider", "openai"),
            entry("base-url", "http://10.0.0.1:8080/v1"),
            entry("ollama-host", "http://10.0.0.2:11434"),
            entry("api-key-file", "/run/secrets/key"),
            entry("keep-alive", "15m"),
            entry("vision", "on"),
            entry("max-iterations", "3"),
            entry("max-tool-calls", "4"),
            entry("max-tokens", "5000"),
            entry("agent-timeout", "6m"),
            entry("tls-cert", "/etc/nv/cert.pem"),
            entry("ebpf", "audit"),
            entry("strict", "1,6"),
            entry("tls-key", "/etc/nv/key.pem"),
            entry("tls-client-ca", "/etc/nv/ca.pem"),
            entry("insecure-listen", "on"),
            entry("require-keys", "on"),
            entry("rate-limit", "7:3"),
            entry("audit-max", "2G"),
            entry("listen", "10.0.0.3"),
            entry("port", "6000"),
            entry("metrics-listen", "::1"),
            entry("metrics-port", "0"),
            entry("metrics-tls-cert", "/etc/nv/metrics.pem"),
            entry("metrics-tls-key", "/etc/nv/metrics-key.pem"),
            entry("metrics-require-keys", "on"),
            entry("pushgateway", "https://10.0.0.4/push"),
            entry("otlp", "http://10.0.0.5:4318"),
            entry("otlp-protocol", "grpc"),
            entry("trace-sample", "0.25"),
            entry("socket", "/run/nv.sock"),
            entry("daemon", "off"),
            entry("timeout-max", "2h"),
            entry("drain-timeout", "7m"),
            entry("send-timeout", "8m"),
            entry("channelz", "on"),
            entry("http-listen", "127.0.0.2"),
            entry("http-port", "50081"),
            entry("sandbox-domain", "sandboxes.example"),
            entry("cache-max", "20G"),
            entry("sessions-max-age", "7d"),
            entry("log-level", "debug"),
            entry("log-format", "json"));

    private static final Config OTHER_CONFIG = new Config(
            Path.of("/srv/nv"),
            new GuestConfig("full", KernelChoice.SMALL, SandboxSize.LARGE, false),
            new VmmConfig(
                    VmmChoice.QEMU,
                    Optional.of(Path.of("/opt/firecracker")),
                    EbpfMode.AUDIT,
                    RequiredLayers.numbered("1,6")),
            new ExecutionConfig(Duration.ofMinutes(5), Duration.ofHours(2)),
            new PoolConfig(0, 1, Duration.ofSeconds(90), true),
            new SandboxConfig(Optional.of(0), Duration.ofMinutes(11), 7, new DataSize(3L << 30)),
            new UidConfig(new UidRange(4000, 4999), Optional.empty()),
            new ModelConfig(
                    "qwen2.5-coder:0.5b",
                    ProviderChoice.OPENAI,
                    Optional.of(URI.create("http://10.0.0.1:8080/v1")),
                    URI.create("http://10.0.0.2:11434"),
                    Optional.of(Path.of("/run/secrets/key")),
                    Optional.of(Duration.ofMinutes(15)),
                    VisionChoice.ON),
            new AgentConfig(3, 4, 5000, Duration.ofMinutes(6)),
            new AccessConfig(
                    new TlsConfig(
                            Optional.of(Path.of("/etc/nv/cert.pem")),
                            Optional.of(Path.of("/etc/nv/key.pem")),
                            Optional.of(Path.of("/etc/nv/ca.pem"))),
                    true,
                    true,
                    Optional.of(new RateLimit(7, 3))),
            new DaemonConfig(
                    InetAddress.ofLiteral("10.0.0.3"),
                    6000,
                    Path.of("/run/nv.sock"),
                    DaemonUse.OFF,
                    Duration.ofMinutes(7),
                    Duration.ofMinutes(8),
                    true),
            new HttpConfig(InetAddress.ofLiteral("127.0.0.2"), Optional.of(50081), Optional.of("sandboxes.example")),
            new MetricsConfig(
                    InetAddress.ofLiteral("::1"),
                    0,
                    Optional.of(Path.of("/etc/nv/metrics.pem")),
                    Optional.of(Path.of("/etc/nv/metrics-key.pem")),
                    true),
            new TelemetryConfig(
                    Optional.of(URI.create("https://10.0.0.4/push")),
                    Optional.of(URI.create("http://10.0.0.5:4318")),
                    OtlpProtocol.GRPC,
                    0.25),
            new RetentionConfig(
                    DataSize.parse("2G"), Optional.of(new DataSize(20L << 30)), Optional.of(Duration.ofDays(7))),
            new LogConfig(LogLevel.DEBUG, LogConfig.Format.JSON));

    @TempDir
    private Path directory;

    @Test
    void readsEveryOption() {
        LoadedConfig loaded = LoadedConfig.load(OTHERS, Optional.empty(), environment(Map.of()));
        assertThat(loaded.problems()).isEmpty();
        assertThat(loaded.config()).isEqualTo(OTHER_CONFIG);
        assertThat(loaded.values())
                .allSatisfy(value ->
                        assertThat(value.origin()).isEqualTo(value.setting().flag()));
    }

    @Test
    void readsEveryVariable() {
        LoadedConfig loaded = LoadedConfig.load(Map.of(), Optional.empty(), environment(variables()));
        assertThat(loaded.problems()).isEmpty();
        assertThat(loaded.config()).isEqualTo(OTHER_CONFIG);
        assertThat(loaded.values())
                .allSatisfy(value ->
                        assertThat(value.origin()).isEqualTo(value.setting().variable()));
    }

    @Test
    void readsEveryKeyOfTheFile() throws IOException {
        LoadedConfig loaded = LoadedConfig.load(Map.of(), Optional.of(file(yaml())), environment(Map.of()));
        assertThat(loaded.problems()).isEmpty();
        assertThat(loaded.config()).isEqualTo(OTHER_CONFIG);
        assertThat(loaded.values())
                .allSatisfy(value -> assertThat(value.origin()).matches(".*/config\\.yaml:\\d+"));
    }

    @Test
    void usesDefaultsWithoutSources() {
        LoadedConfig loaded = LoadedConfig.load(Map.of(), Optional.empty(), environment(Map.of()));
        assertThat(loaded.file()).isEmpty();
        assertThat(loaded.values())
                .hasSameSizeAs(Config.SETTINGS)
                .allSatisfy(value -> assertThat(value.origin()).isEqualTo("default"));
    }

    @Test
    void prefersOptionThenVariableThenFile() throws IOException {
        Path file = file("size: small\nimage: a\ntimeout: 1m\n");
        Map<String, String> variables = Map.of("NEUROVISOR_SIZE", "large", "NEUROVISOR_IMAGE", "b");
        LoadedConfig loaded = LoadedConfig.load(Map.of("size", "medium"), Optional.of(file), environment(variables));
        assertThat(loaded.problems()).isEmpty();
        assertThat(loaded.config().guest().size()).isEqualTo(SandboxSize.MEDIUM);
        assertThat(loaded.config().guest().image()).isEqualTo("b");
        assertThat(loaded.config().execution().timeout()).hasMinutes(1);
        assertThat(loaded.config().guest().snapshot()).isTrue();
        assertThat(loaded.values())
                .extracting(EffectiveValue::origin)
                .contains("--size", "NEUROVISOR_IMAGE", file + ":3", "default");
    }

    @Test
    void reportsTheProblemsOfAllSourcesTogether() throws IOException {
        Path file = file("size: huge\nsnapshoot: off\nlog-level: [debug]\nimage: A\n");
        Map<String, String> variables = Map.of("NEUROVISOR_SIZE", "tiny", "NEUROVISOR_CACHE_MAX", "much");
        LoadedConfig loaded =
                LoadedConfig.load(Map.of("size", "medium", "timeout", "0"), Optional.of(file), environment(variables));
        assertThat(loaded.problems())
                .containsExactlyInAnyOrder(
                        file + ":1: size: \"huge\" is not allowed; use small, medium or large",
                        file + ":2: unknown setting \"snapshoot\"; did you mean \"snapshot\"?",
                        file + ":3: log-level has a list or a map; use one value",
                        file + ":4: image: \"A\" is not allowed; use a name of at most 32 lowercase letters, digits and"
                                + " hyphens",
                        "NEUROVISOR_SIZE: \"tiny\" is not allowed; use small, medium or large",
                        "NEUROVISOR_CACHE_MAX: \"much\" is not allowed; use a size such as 500M, 20G or 1T, or off",
                        "--timeout: \"0\" is not allowed; use a time from 1s to 24h, such as 30, 90s, 5m or 2h");
    }

    @Test
    void rejectsMoreWarmMachinesThanMax() throws IOException {
        Path file = file("max: 2\nsize: huge\n");
        assertThat(LoadedConfig.load(Map.of("warm", "3"), Optional.of(file), environment(Map.of()))
                        .problems())
                .containsExactly(
                        file + ":2: size: \"huge\" is not allowed; use small, medium or large",
                        "warm 3 (--warm) is more than max 2 (" + file + ":1); use a warm of at most max");
        assertThat(LoadedConfig.load(
                                Map.of("warm", "2"), Optional.empty(), environment(Map.of("NEUROVISOR_MAX_VMS", "2")))
                        .problems())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "NEUROVISOR_SIZ, did you mean NEUROVISOR_SIZE?",
        "NEUROVISOR_WARM, did you mean NEUROVISOR_POOL_SIZE?",
        "NEUROVISOR_OLLAMA_HOST, did you mean OLLAMA_HOST?",
        "NEUROVISOR_API_KEYS, did you mean NEUROVISOR_API_KEY?",
        "NEUROVISOR_FROBNICATE, docs/settings.md lists all variables"
    })
    void reportsAMisspeltVariable(String variable, String advice) {
        assertThat(LoadedConfig.load(Map.of(), Optional.empty(), environment(Map.of(variable, "1")))
                        .problems())
                .containsExactly(variable + ": unknown setting; " + advice);
    }

    @ParameterizedTest
    @ValueSource(strings = {"NEUROVISOR_JAVA_OPTS", "NEUROVISOR_IN_LAB", "NEUROVISOR_TEST_LONG", "NEUROVISORS"})
    void acceptsVariablesThatAreNoSettings(String variable) {
        assertThat(LoadedConfig.load(Map.of(), Optional.empty(), environment(Map.of(variable, "1")))
                        .problems())
                .isEmpty();
    }

    /** See https://kubernetes.io/docs/tutorials/services/connect-applications-service/#environment-variables. */
    @ParameterizedTest
    @CsvSource({
        "NEUROVISOR_SERVICE_HOST, 10.0.0.1",
        "NEUROVISOR_SERVICE_PORT, 50051",
        "NEUROVISOR_SERVICE_PORT_GRPC_TLS, 50051",
        "NEUROVISOR_PORT_50051_TCP, tcp://10.0.0.1:50051",
        "NEUROVISOR_PORT_50051_TCP_PROTO, tcp",
        "NEUROVISOR_PORT_50051_TCP_PORT, 50051",
        "NEUROVISOR_PORT_50051_TCP_ADDR, 10.0.0.1",
        "NEUROVISOR_API_SERVICE_HOST, 10.0.0.1",
        "NEUROVISOR_API_PORT, tcp://[fd00::1]:50051"
    })
    void ignoresVariablesOfKubernetesServices(String variable, String value) {
        assertThat(LoadedConfig.load(Map.of(), Optional.empty(), environment(Map.of(variable, value)))
                        .problems())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "NEUROVISOR_SERVICE_HOSTS, 10.0.0.1",
        "NEUROVISOR_SERVICE, 10.0.0.1",
        "NEUROVISOR_PORT_GRPC_TCP, tcp://10.0.0.1:50051",
        "NEUROVISOR_API_PORT, 50051"
    })
    void reportsVariablesThatKubernetesDoesNotSet(String variable, String value) {
        assertThat(LoadedConfig.load(Map.of(), Optional.empty(), environment(Map.of(variable, value)))
                        .problems())
                .singleElement()
                .asString()
                .startsWith(variable + ": unknown setting");
    }

    @ParameterizedTest
    @CsvSource({"NEUROVISOR_PORT, neurovisor", "NEUROVISOR_METRICS_PORT, neurovisor-metrics"})
    void explainsAPortThatKubernetesHasSet(String variable, String service) {
        assertThat(LoadedConfig.load(Map.of(), Optional.empty(), environment(Map.of(variable, "tcp://10.0.0.1:50051")))
                        .problems())
                .containsExactly(
                        variable + ": \"tcp://10.0.0.1:50051\" is the address that Kubernetes sets for a service named "
                                + service
                                + "; set enableServiceLinks: false in the pod's specification, or set this variable there");
    }

    @Test
    void findsTheFileByVariableOrAtItsDefaultPath() throws IOException {
        Path named = file("size: small\n");
        assertThat(LoadedConfig.load(
                                Map.of(), Optional.empty(), environment(Map.of("NEUROVISOR_CONFIG", named.toString())))
                        .config()
                        .guest()
                        .size())
                .isEqualTo(SandboxSize.SMALL);

        Path usual = directory.resolve(".config/neurovisor/config.yaml");
        Files.createDirectories(usual.getParent());
        Files.writeString(usual, "size: large\n");
        LoadedConfig loaded = LoadedConfig.load(Map.of(), Optional.empty(), environment(Map.of()));
        assertThat(loaded.file()).contains(usual);
        assertThat(loaded.config().guest().size()).isEqualTo(SandboxSize.LARGE);
    }

    @Test
    void reportsAMissingNamedFile() {
        Path missing = directory.resolve("none.yaml");
        assertThat(LoadedConfig.load(Map.of(), Optional.of(missing), environment(Map.of()))
                        .problems())
                .containsExactly("config file " + missing + " cannot be read: no such file");
    }

    @Test
    void treatsAnEmptyVariableAsUnset() {
        assertThat(LoadedConfig.load(Map.of(), Optional.empty(), environment(Map.of("NEUROVISOR_SIZE", "")))
                        .problems())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"~/nv,", "/nv,", "nv,use a path that begins with / or ~/", "./nv,use a path that begins with / or ~/"})
    void rejectsRelativePathsInTheFile(String path, String problem) throws IOException {
        LoadedConfig loaded =
                LoadedConfig.load(Map.of(), Optional.of(file("data-dir: " + path)), environment(Map.of()));
        if (problem == null) {
            assertThat(loaded.problems()).isEmpty();
            assertThat(loaded.config().dataDir()).isEqualTo(Path.of(path.replace("~", directory.toString())));
        } else {
            assertThat(loaded.problems()).singleElement().asString().contains(problem);
        }
    }

    private Path file(String content) throws IOException {
        return Files.writeString(directory.resolve("config.yaml"), content);
    }

    private ProcessEnvironment environment(Map<String, String> variables) {
        return new ProcessEnvironment(variables, directory);
    }

    private static Map<String, String> variables() {
        Map<String, String> variables = new HashMap<>();
        Config.SETTINGS.forEach(setting -> variables.put(setting.variable(), OTHERS.get(setting.name())));
        return variables;
    }

    private static String yaml() {
        StringBuilder yaml = new StringBuilder("# every setting\n");
        OTHERS.forEach(
                (name, value) -> yaml.append(name).append(": ").append(value).append('\n'));
        return yaml.toString();
    }
}

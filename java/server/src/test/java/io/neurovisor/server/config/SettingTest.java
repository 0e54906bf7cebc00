package io.neurovisor.server.config;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.server.setting.DataSize;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SettingTest {
    /** Variables that other programs or earlier versions use. */
    private static final Map<String, String> KNOWN_VARIABLES = Map.of(
            "log-level", "NEUROVISOR_LOG",
            "warm", "NEUROVISOR_POOL_SIZE",
            "max", "NEUROVISOR_MAX_VMS",
            "ollama-host", "OLLAMA_HOST",
            "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT",
            "otlp-protocol", "OTEL_EXPORTER_OTLP_PROTOCOL");

    @Test
    void variablesDeriveFromNames() {
        assertThat(Config.SETTINGS).extracting(Setting::name).doesNotHaveDuplicates();
        assertThat(Config.SETTINGS).allSatisfy(setting -> {
            assertThat(setting.flag()).isEqualTo("--" + setting.name());
            assertThat(setting.variable())
                    .isEqualTo(KNOWN_VARIABLES.getOrDefault(
                            setting.name(),
                            "NEUROVISOR_" + setting.name().replace('-', '_').toUpperCase(Locale.ROOT)));
        });
    }

    @Test
    void hasTheDocumentedDefaults() {
        ProcessEnvironment environment = new ProcessEnvironment(Map.of(), Path.of("/home/x"));
        assertThat(Config.SETTINGS.stream()
                        .collect(Collectors.toMap(Setting::name, setting -> standard(setting, environment))))
                .containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
                        entry("data-dir", "/home/x/.local/share/neurovisor"),
                        entry("image", "base"),
                        entry("kernel", "auto"),
                        entry("vmm", "auto"),
                        entry("firecracker", "auto"),
                        entry("ebpf", "auto"),
                        entry("strict", "off"),
                        entry("size", "medium"),
                        entry("snapshot", "on"),
                        entry("timeout", "30s"),
                        entry("timeout-max", "3600s"),
                        entry("warm", "3"),
                        entry("max", "10"),
                        entry("acquire-timeout", "30s"),
                        entry("prime-javascript", "off"),
                        entry("max-sandboxes", "auto"),
                        entry("sandbox-timeout", "300s"),
                        entry("max-paused", "100"),
                        entry("sandbox-disk", "20G"),
                        entry("vm-uids", "2000000000-2000000999"),
                        entry("image-uids", "2000065536-2000131071"),
                        entry("model", "qwen3"),
                        entry("provider", "auto"),
                        entry("base-url", "auto"),
                        entry("ollama-host", "http://localhost:11434"),
                        entry("api-key-file", "off"),
                        entry("keep-alive", "auto"),
                        entry("vision", "auto"),
                        entry("max-iterations", "10"),
                        entry("max-tool-calls", "100"),
                        entry("max-tokens", "1000000"),
                        entry("agent-timeout", "3600s"),
                        entry("tls-cert", "off"),
                        entry("tls-key", "off"),
                        entry("tls-client-ca", "off"),
                        entry("insecure-listen", "off"),
                        entry("require-keys", "off"),
                        entry("rate-limit", "100:50"),
                        entry("audit-max", "100M"),
                        entry("listen", "127.0.0.1"),
                        entry("port", "50051"),
                        entry("metrics-listen", "127.0.0.1"),
                        entry("metrics-port", "9090"),
                        entry("metrics-tls-cert", "off"),
                        entry("metrics-tls-key", "off"),
                        entry("metrics-require-keys", "off"),
                        entry("pushgateway", "off"),
                        entry("otlp", "off"),
                        entry("otlp-protocol", "auto"),
                        entry("trace-sample", "1"),
                        entry("socket", socket()),
                        entry("daemon", "auto"),
                        entry("drain-timeout", "30s"),
                        entry("send-timeout", "60s"),
                        entry("channelz", "off"),
                        entry("http-listen", "127.0.0.1"),
                        entry("http-port", "50080"),
                        entry("sandbox-domain", "off"),
                        entry("cache-max", "off"),
                        entry("sessions-max-age", "30d"),
                        entry("log-level", "info"),
                        entry("log-format", "auto")));
    }

    private static String socket() {
        String user = System.getProperty("user.name");
        return user.equals("root") && Files.isWritable(Path.of("/run"))
                ? "/run/neurovisor/daemon.sock"
                : "/tmp/neurovisor-" + user + "/daemon.sock";
    }

    @Test
    void ignoresARelativeXdgDirectory() {
        assertThat(Config.DATA_DIR
                        .defaultValue()
                        .apply(new ProcessEnvironment(Map.of("XDG_DATA_HOME", "/d"), Path.of("/h"))))
                .isEqualTo(Path.of("/d/neurovisor"));
        assertThat(Config.DATA_DIR
                        .defaultValue()
                        .apply(new ProcessEnvironment(Map.of("XDG_DATA_HOME", "d"), Path.of("/h"))))
                .isEqualTo(Path.of("/h/.local/share/neurovisor"));
    }

    @ParameterizedTest
    @CsvSource({"1,1", "30,30", "90s,90", "5m,300", "2h,7200", "24h,86400", "86400,86400"})
    void acceptsDocumentedTimeouts(String text, long seconds) {
        assertThat(SettingType.TIME.parser().apply(text).orElseThrow()).hasSeconds(seconds);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "0", "0h", "-1", "1.5", "25h", "86401", "1000h", "99999999999999", "1d", "s", " 1", "1 s"})
    void rejectsOtherTimeouts(String text) {
        assertThat(SettingType.TIME.parser().apply(text)).isEmpty();
    }

    @Test
    void acceptsWholeDaysAsAges() {
        assertThat(RetentionConfig.SESSIONS_MAX_AGE.type().parser().apply("90d"))
                .contains(Optional.of(Duration.ofDays(90)));
        assertThat(RetentionConfig.SESSIONS_MAX_AGE.type().parser().apply("off"))
                .contains(Optional.empty());
        for (String text : List.of("", "0d", "30", "1.5d", "-1d", "12h", "10000d", "d", "007d", " 7d")) {
            assertThat(RetentionConfig.SESSIONS_MAX_AGE.type().parser().apply(text))
                    .as(text)
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "collector:4317", "ftp://h", "http://", "http://a b", "http://u:p@h", "http://h?x=1", "on"})
    void rejectsInvalidReceivers(String text) {
        assertThat(TelemetryConfig.OTLP.type().parser().apply(text)).isEmpty();
        assertThat(TelemetryConfig.PUSHGATEWAY.type().parser().apply(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-0.1", "1.1", "2", "10%", "NaN", "1e-1", ".5", " 1"})
    void rejectsInvalidShares(String text) {
        assertThat(TelemetryConfig.TRACE_SAMPLE.type().parser().apply(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "1001", "1.0", "three", " 3", "0x3", "99999999999"})
    void rejectsOtherCounts(String text) {
        assertThat(PoolConfig.WARM.type().parser().apply(text)).isEmpty();
    }

    @Test
    void boundsCounts() {
        assertThat(PoolConfig.WARM.type().parser().apply("0")).contains(0);
        assertThat(PoolConfig.MAX.type().parser().apply("1000")).contains(1000);
        assertThat(PoolConfig.MAX.type().parser().apply("0")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1K,1024", "500M,524288000", "20G,21474836480", "1T,1099511627776", "0M,0"})
    void readsBinarySizes(String text, long bytes) {
        assertThat(DataSize.parse(text)).contains(new DataSize(bytes));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "20", "20g", "-1G", "1.5G", "20GB", "9999999T", "G", "20 G"})
    void rejectsOtherSizes(String text) {
        assertThat(DataSize.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1K", "500M", "20G", "1T", "1025K"})
    void printsSizesAsTheyAreWritten(String text) {
        assertThat(DataSize.parse(text).orElseThrow()).hasToString(text);
    }

    @Test
    void acceptsEveryCandidate() {
        assertThat(Config.SETTINGS)
                .allSatisfy(setting -> assertThat(setting.type().candidates())
                        .allSatisfy(
                                candidate -> assertThat(setting.type().parser().apply(candidate))
                                        .isPresent()));
    }

    private static <T> String standard(Setting<T> setting, ProcessEnvironment environment) {
        return setting.print(setting.defaultValue().apply(environment));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "localhost:80", "ftp://x", "http://", "http://user:secret@x", "http://x y", "http://x/?key=1"
            })
    void rejectsOtherServerAddresses(String text) {
        assertThat(ModelConfig.BASE_URL.type().parser().apply(text)).isEmpty();
    }
}

package io.neurovisor.server.config;

import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.setting.SettingType;
import io.neurovisor.server.setting.SettingValues;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The HTTP port of the daemon's status page, health checks and metrics.
 *
 * @param port 0 for any free port
 * @param requireKeys whether the status page and the metrics need a key
 */
public record MetricsConfig(
        InetAddress listen, int port, Optional<Path> tlsCert, Optional<Path> tlsKey, boolean requireKeys) {
    public static final Setting<InetAddress> METRICS_LISTEN = Setting.declare(
                    "metrics-listen",
                    SettingGroup.STATUS_PORT,
                    "The address of the status page, /health, /ready and /metrics.")
            .defaultsTo("127.0.0.1")
            .as(SettingType.ADDRESS);

    public static final Setting<Integer> METRICS_PORT = Setting.declare(
                    "metrics-port",
                    SettingGroup.STATUS_PORT,
                    "The port of the status page, /health, /ready and /metrics; 0 for any free port.")
            .defaultsTo("9090")
            .as(SettingType.count(0, 65_535));

    public static final Setting<Optional<Path>> METRICS_TLS_CERT = Setting.declare(
                    "metrics-tls-cert",
                    SettingGroup.STATUS_PORT,
                    "Use TLS there with this certificate, followed by its intermediate certificates, in PEM.")
            .defaultsTo("off")
            .as(SettingType.optional("off", SettingType.FILE));

    public static final Setting<Optional<Path>> METRICS_TLS_KEY = Setting.declare(
                    "metrics-tls-key", SettingGroup.STATUS_ACCESS, "The private key for --metrics-tls-cert, in PEM.")
            .defaultsTo("off")
            .as(SettingType.optional("off", SettingType.FILE));

    public static final Setting<Boolean> METRICS_REQUIRE_KEYS = Setting.declare(
                    "metrics-require-keys",
                    SettingGroup.STATUS_ACCESS,
                    "Show the status page and metrics only to requests with a key that has the scope metrics.")
            .defaultsTo("off")
            .bareValue("on")
            .as(SettingType.SWITCH);

    static MetricsConfig of(SettingValues values) {
        return new MetricsConfig(
                values.get(METRICS_LISTEN),
                values.get(METRICS_PORT),
                values.get(METRICS_TLS_CERT),
                values.get(METRICS_TLS_KEY),
                values.get(METRICS_REQUIRE_KEYS));
    }

    /** Returns the same settings with another address. */
    public MetricsConfig at(InetSocketAddress address) {
        return new MetricsConfig(address.getAddress(), address.getPort(), tlsCert, tlsKey, requireKeys);
    }

    /** Returns the files for TLS. */
    public TlsConfig tls() {
        return new TlsConfig(tlsCert, tlsKey, Optional.empty());
    }
}

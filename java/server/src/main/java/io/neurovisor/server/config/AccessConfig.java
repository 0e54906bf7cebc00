package io.neurovisor.server.config;

import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.setting.SettingType;
import io.neurovisor.server.setting.SettingValues;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The access to the daemon's calls.
 *
 * @param insecureListen whether other machines may call without TLS
 * @param requireKeys whether calls over loopback need a key, as calls from other machines do
 * @param rateLimit the rate of calls that each client may make; empty for no limit
 */
public record AccessConfig(TlsConfig tls, boolean insecureListen, boolean requireKeys, Optional<RateLimit> rateLimit) {
    public static final Setting<Optional<Path>> TLS_CERT = Setting.declare(
                    "tls-cert",
                    SettingGroup.ACCESS,
                    "Serve over TLS with this certificate, followed by its intermediate certificates, in PEM.")
            .defaultsTo("off")
            .as(SettingType.optional("off", SettingType.FILE));

    public static final Setting<Optional<Path>> TLS_KEY = Setting.declare(
                    "tls-key", SettingGroup.ACCESS, "The private key for --tls-cert, in PEM.")
            .defaultsTo("off")
            .as(SettingType.optional("off", SettingType.FILE));

    public static final Setting<Optional<Path>> TLS_CLIENT_CA = Setting.declare(
                    "tls-client-ca",
                    SettingGroup.ACCESS,
                    "Serve only clients whose certificates are issued by these authorities, in PEM.")
            .defaultsTo("off")
            .as(SettingType.optional("off", SettingType.FILE));

    public static final Setting<Boolean> INSECURE_LISTEN = Setting.declare(
                    "insecure-listen", SettingGroup.ACCESS, "Let other machines call without TLS.")
            .defaultsTo("off")
            .bareValue("on")
            .as(SettingType.SWITCH);

    public static final Setting<Boolean> REQUIRE_KEYS = Setting.declare(
                    "require-keys",
                    SettingGroup.ACCESS,
                    "Require a key from callers over loopback too, as behind a reverse proxy; the Unix socket needs"
                            + " none.")
            .defaultsTo("off")
            .bareValue("on")
            .as(SettingType.SWITCH);

    public static final Setting<Optional<RateLimit>> RATE_LIMIT = Setting.declare(
                    "rate-limit", SettingGroup.ACCESS, "The rate of calls that each client may make.")
            .defaultsTo("100:50")
            .as(SettingType.optional(
                    "off",
                    new SettingType<>(
                            "CAPACITY:PER_SECOND",
                            RateLimit.ALLOWED,
                            List.of(),
                            RateLimit::parse,
                            RateLimit::toString)));

    static AccessConfig of(SettingValues values) {
        return new AccessConfig(
                new TlsConfig(values.get(TLS_CERT), values.get(TLS_KEY), values.get(TLS_CLIENT_CA)),
                values.get(INSECURE_LISTEN),
                values.get(REQUIRE_KEYS),
                values.get(RATE_LIMIT));
    }
}

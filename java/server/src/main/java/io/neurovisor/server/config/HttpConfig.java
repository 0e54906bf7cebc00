package io.neurovisor.server.config;

import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.setting.SettingType;
import io.neurovisor.server.setting.SettingValues;
import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The port of the HTTP APIs.
 *
 * @param port empty if there is no such port; 0 for any free one
 * @param domain below which each port of a sandbox has a name
 */
public record HttpConfig(InetAddress listen, Optional<Integer> port, Optional<String> domain) {
    public static final Setting<InetAddress> HTTP_LISTEN = Setting.declare(
                    "http-listen",
                    SettingGroup.LISTEN,
                    "The address of the HTTP port. One that other machines reach needs --tls-cert.")
            .defaultsTo("127.0.0.1")
            .as(SettingType.ADDRESS);

    public static final Setting<Optional<Integer>> HTTP_PORT = Setting.declare(
                    "http-port", SettingGroup.LISTEN, "The port for E2B's clients; off for none, 0 for any free port.")
            .defaultsTo("50080")
            .as(SettingType.optional("off", SettingType.count(0, 65_535)));

    public static final Setting<Optional<String>> SANDBOX_DOMAIN = Setting.declare(
                    "sandbox-domain",
                    SettingGroup.LISTEN,
                    "The domain below which the HTTP port serves each port of a sandbox as PORT-ID.DOMAIN.")
            .defaultsTo("off")
            .as(SettingType.optional(
                    "off",
                    SettingType.text(
                            "DOMAIN",
                            "a domain such as sandboxes.example",
                            Pattern.compile("[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?"))));

    static HttpConfig of(SettingValues values) {
        return new HttpConfig(values.get(HTTP_LISTEN), values.get(HTTP_PORT), values.get(SANDBOX_DOMAIN));
    }
}

package io.neurovisor.server.config;

import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import io.neurovisor.server.setting.SettingType;
import io.neurovisor.server.setting.SettingValues;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The daemon: where it listens, how it ends, and when commands use it.
 *
 * @param listen the address of its gRPC port
 * @param port the gRPC port; 0 for any free port
 * @param socket its Unix socket, for calls of its own user
 * @param use whether a command runs its programs in the daemon at that socket
 * @param drainTimeout the time that running calls get to finish when the daemon ends
 * @param sendTimeout the longest time that a client may leave a response unread
 * @param channelz whether gRPC's channelz service is available
 */
public record DaemonConfig(
        InetAddress listen,
        int port,
        Path socket,
        DaemonUse use,
        Duration drainTimeout,
        Duration sendTimeout,
        boolean channelz) {
    public static final Setting<InetAddress> LISTEN = Setting.declare(
                    "listen", SettingGroup.LISTEN, "The address on which gRPC calls are accepted.")
            .defaultsTo("127.0.0.1")
            .as(SettingType.ADDRESS);

    public static final Setting<Integer> PORT = Setting.declare(
                    "port", SettingGroup.LISTEN, "The port for gRPC calls; 0 for any free port.")
            .defaultsTo("50051")
            .as(SettingType.count(0, 65_535));

    public static final Setting<Path> SOCKET = Setting.declare(
                    "socket", SettingGroup.SOCKET, "The daemon's Unix socket, for calls of its own user.")
            .defaultsTo("$XDG_RUNTIME_DIR/neurovisor/daemon.sock, or /run/neurovisor/daemon.sock for root, or"
                    + " /tmp/neurovisor-USER/daemon.sock")
            .as(SettingType.PATH, environment -> environment.runtimeDirectory().resolve("daemon.sock"));

    public static final Setting<DaemonUse> DAEMON = Setting.declare(
                    "daemon", SettingGroup.DAEMON, "Run programs in this user's daemon.")
            .defaultsTo("auto", "if one serves at the socket and no option changes how machines are made")
            .bareValue("on")
            .as(SettingType.oneOf(DaemonUse.values()));

    public static final Setting<Duration> DRAIN_TIMEOUT = Setting.declare(
                    "drain-timeout",
                    SettingGroup.CALLS,
                    "How long running calls may take to finish when the server ends, 1s to 24h.")
            .defaultsTo("30s")
            .as(SettingType.TIME);

    public static final Setting<Duration> SEND_TIMEOUT = Setting.declare(
                    "send-timeout",
                    SettingGroup.CALLS,
                    "How long a client may leave a response unread before its call is cancelled, 1s to 24h.")
            .defaultsTo("60s")
            .as(SettingType.TIME);

    public static final Setting<Boolean> CHANNELZ = Setting.declare(
                    "channelz",
                    SettingGroup.CALLS,
                    "Show the server's connections to clients by gRPC's channelz service.")
            .defaultsTo("off")
            .bareValue("on")
            .as(SettingType.SWITCH);

    static DaemonConfig of(SettingValues values) {
        return new DaemonConfig(
                values.get(LISTEN),
                values.get(PORT),
                values.get(SOCKET),
                values.get(DAEMON),
                values.get(DRAIN_TIMEOUT),
                values.get(SEND_TIMEOUT),
                values.get(CHANNELZ));
    }
}

package io.neurovisor.cli.options;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.client.DaemonClient;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.DaemonUse;
import io.neurovisor.server.config.GuestConfig;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.config.PoolConfig;
import io.neurovisor.server.config.UidConfig;
import io.neurovisor.server.config.VmmConfig;
import io.neurovisor.server.setting.Setting;
import io.neurovisor.server.setting.SettingGroup;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Command;

/** The choice between a running daemon and the command's own machines. */
@Command
@AcceptsSettings({SettingGroup.DAEMON, SettingGroup.SOCKET})
public final class DaemonOptions {
    /** Settings that are fixed when a daemon starts. */
    private static final List<Setting<?>> OF_MACHINES = List.of(
            Config.DATA_DIR,
            GuestConfig.KERNEL,
            VmmConfig.VMM,
            VmmConfig.FIRECRACKER,
            VmmConfig.EBPF,
            VmmConfig.STRICT,
            GuestConfig.SNAPSHOT,
            PoolConfig.WARM,
            PoolConfig.MAX,
            PoolConfig.ACQUIRE_TIMEOUT,
            PoolConfig.PRIME_JAVASCRIPT,
            UidConfig.VM_UIDS);

    private static DaemonClient connected(LoadedConfig loaded) {
        return DaemonClient.connect(loaded.config().daemon().socket(), loaded.isDefault(GuestConfig.SIZE));
    }

    /**
     * Checks that a command which needs the daemon may use it.
     *
     * @param need the option for which it is needed
     */
    public static void require(LoadedConfig loaded, String need) {
        if (loaded.config().daemon().use() == DaemonUse.OFF) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    need + " needs the daemon; leave out --daemon=off, and start it with ./neurovisor serve");
        }
        own(loaded).ifPresent(setting -> refuse(loaded.config(), setting));
    }

    private static Optional<Setting<?>> own(LoadedConfig loaded) {
        return OF_MACHINES.stream().filter(loaded::isFlagged).findFirst();
    }

    private static void refuse(Config config, Setting<?> setting) {
        throw new NeuroVisorException(
                Fault.INVALID_ARGUMENT,
                setting.flag() + " is for new machines, but the daemon at "
                        + config.daemon().socket() + " has its own; leave it out, or use --daemon=off");
    }

    /**
     * Connects to the daemon that runs this command's programs. Returns empty if the command uses its own machines.
     *
     * @param remark receives the reason why an existing daemon is not used
     */
    public Optional<DaemonClient> connect(LoadedConfig loaded, Consumer<String> remark) {
        Config config = loaded.config();
        if (config.daemon().use() == DaemonUse.OFF) {
            return Optional.empty();
        }
        Optional<Setting<?>> own = own(loaded);
        if (config.daemon().use() == DaemonUse.ON) {
            own.ifPresent(setting -> refuse(config, setting));
            return Optional.of(connected(loaded));
        }
        if (!Files.exists(config.daemon().socket(), LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        if (own.isPresent()) {
            remark.accept("the daemon at " + config.daemon().socket() + " is not used, because "
                    + own.get().flag() + " is given");
            return Optional.empty();
        }
        try {
            return Optional.of(connected(loaded));
        } catch (NeuroVisorException exception) {
            if (exception.fault() != Fault.DAEMON_MISSING) {
                throw exception;
            }
            remark.accept(exception.getMessage() + "; running without it");
            return Optional.empty();
        }
    }
}

package io.neurovisor.cli.options;

import io.neurovisor.server.config.DaemonConfig;
import io.neurovisor.server.config.GuestConfig;
import io.neurovisor.server.config.LogConfig;
import io.neurovisor.server.config.ModelConfig;
import io.neurovisor.server.config.TelemetryConfig;
import io.neurovisor.server.config.VmmConfig;
import io.neurovisor.server.setting.Setting;
import java.util.Iterator;
import java.util.List;

/** What a shell offers to complete as the value of a setting with a short list of values. */
public abstract class SettingCandidates implements Iterable<String> {
    private final List<String> candidates;

    private SettingCandidates(Setting<?> setting) {
        this.candidates = setting.type().candidates();
    }

    @Override
    public Iterator<String> iterator() {
        return candidates.iterator();
    }

    static final class Sizes extends SettingCandidates {
        Sizes() {
            super(GuestConfig.SIZE);
        }
    }

    public static final class Switches extends SettingCandidates {
        Switches() {
            super(DaemonConfig.CHANNELZ);
        }
    }

    static final class Snapshots extends SettingCandidates {
        Snapshots() {
            super(GuestConfig.SNAPSHOT);
        }
    }

    static final class Kernels extends SettingCandidates {
        Kernels() {
            super(GuestConfig.KERNEL);
        }
    }

    static final class Vmms extends SettingCandidates {
        Vmms() {
            super(VmmConfig.VMM);
        }
    }

    static final class Stricts extends SettingCandidates {
        Stricts() {
            super(VmmConfig.STRICT);
        }
    }

    static final class Ebpfs extends SettingCandidates {
        Ebpfs() {
            super(VmmConfig.EBPF);
        }
    }

    static final class Providers extends SettingCandidates {
        Providers() {
            super(ModelConfig.PROVIDER);
        }
    }

    static final class OtlpProtocols extends SettingCandidates {
        OtlpProtocols() {
            super(TelemetryConfig.OTLP_PROTOCOL);
        }
    }

    static final class LogFormats extends SettingCandidates {
        LogFormats() {
            super(LogConfig.LOG_FORMAT);
        }
    }

    static final class Daemons extends SettingCandidates {
        Daemons() {
            super(DaemonConfig.DAEMON);
        }
    }

    static final class LogLevels extends SettingCandidates {
        LogLevels() {
            super(LogConfig.LOG_LEVEL);
        }
    }
}

package io.neurovisor.cli.options;

import io.neurovisor.server.config.Setting;
import java.util.Iterator;
import java.util.List;

/** What a shell offers to complete as the value of a setting with a short list of values. */
public abstract class SettingCandidates implements Iterable<String> {
    private final List<String> candidates;

    private SettingCandidates(Setting<?> setting) {
        this.candidates = setting.form().candidates();
    }

    @Override
    public Iterator<String> iterator() {
        return candidates.iterator();
    }

    static final class Sizes extends SettingCandidates {
        Sizes() {
            super(Setting.SIZE);
        }
    }

    public static final class Switches extends SettingCandidates {
        Switches() {
            super(Setting.CHANNELZ);
        }
    }

    static final class Snapshots extends SettingCandidates {
        Snapshots() {
            super(Setting.SNAPSHOT);
        }
    }

    static final class Kernels extends SettingCandidates {
        Kernels() {
            super(Setting.KERNEL);
        }
    }

    static final class Vmms extends SettingCandidates {
        Vmms() {
            super(Setting.VMM);
        }
    }

    static final class Stricts extends SettingCandidates {
        Stricts() {
            super(Setting.STRICT);
        }
    }

    static final class Ebpfs extends SettingCandidates {
        Ebpfs() {
            super(Setting.EBPF);
        }
    }

    static final class Providers extends SettingCandidates {
        Providers() {
            super(Setting.PROVIDER);
        }
    }

    static final class OtlpProtocols extends SettingCandidates {
        OtlpProtocols() {
            super(Setting.OTLP_PROTOCOL);
        }
    }

    static final class LogFormats extends SettingCandidates {
        LogFormats() {
            super(Setting.LOG_FORMAT);
        }
    }

    static final class Daemons extends SettingCandidates {
        Daemons() {
            super(Setting.DAEMON);
        }
    }

    static final class LogLevels extends SettingCandidates {
        LogLevels() {
            super(Setting.LOG_LEVEL);
        }
    }
}

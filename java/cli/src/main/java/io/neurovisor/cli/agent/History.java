package io.neurovisor.cli.agent;

import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.session.Sessions;
import java.time.InstantSource;
import java.util.Optional;

/** Opens the sessions of a data directory. */
public final class History {
    private History() {}

    /** The data directory is ours already. */
    public static Sessions open(CommonOptions common) {
        return Sessions.open(common.settings().sessions(), InstantSource.system(), Ticker.SYSTEM);
    }

    /** Empty where nothing was ever recorded: looking makes no files. */
    public static Optional<Sessions> existing(CommonOptions common) {
        return Sessions.openExisting(common.settings().sessions(), InstantSource.system(), Ticker.SYSTEM);
    }

    /** For whoever wants a certain session. */
    public static Sessions required(CommonOptions common) {
        return existing(common)
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.SESSION_UNKNOWN,
                        "there is no session in " + common.config().dataDir()
                                + "; ./neurovisor agent records each of its runs"));
    }
}

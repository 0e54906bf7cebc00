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

    /** Opens the sessions, and creates the database if necessary. */
    public static Sessions open(CommonOptions common) {
        return Sessions.open(common.settings().sessions(), InstantSource.system(), Ticker.SYSTEM);
    }

    /** Returns the sessions, or empty if nothing was ever recorded. Creates no files. */
    public static Optional<Sessions> existing(CommonOptions common) {
        return Sessions.openExisting(common.settings().sessions(), InstantSource.system(), Ticker.SYSTEM);
    }

    /** Returns the sessions, or throws if nothing was ever recorded. */
    public static Sessions required(CommonOptions common) {
        return existing(common)
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.SESSION_UNKNOWN,
                        "there is no session in " + common.config().dataDir()
                                + "; ./neurovisor agent records each of its runs"));
    }
}

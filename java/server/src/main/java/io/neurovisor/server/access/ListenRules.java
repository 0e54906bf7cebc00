package io.neurovisor.server.access;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.config.Setting;
import io.neurovisor.server.config.TlsConfig;
import java.net.InetAddress;

/** What must hold before a port is opened that other machines reach. */
public final class ListenRules {
    private ListenRules() {}

    /**
     * Keys, code and output must not travel readable by accident.
     *
     * @param port which TLS it is
     * @param insecureListen whether the user has said that they may
     * @throws NeuroVisorException {@code INVALID_ARGUMENT} for an address that others reach, without TLS and without that word
     */
    public static void check(InetAddress address, TlsConfig tls, ServerTls port, boolean insecureListen) {
        if (keysRequired(address) && !tls.isWanted() && !insecureListen) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    "other machines reach %s: give %s, or %s on where something else encrypts"
                            .formatted(address.getHostAddress(), port.flags(), Setting.INSECURE_LISTEN.flag()));
        }
    }

    /** Whether who comes to a port of this address must show a key. */
    public static boolean keysRequired(InetAddress address) {
        return !address.isLoopbackAddress();
    }
}

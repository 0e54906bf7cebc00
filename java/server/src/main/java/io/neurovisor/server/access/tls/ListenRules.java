package io.neurovisor.server.access.tls;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.config.AccessConfig;
import io.neurovisor.server.config.TlsConfig;
import java.net.InetAddress;

/** The rules for ports that other machines can reach. */
public final class ListenRules {
    private ListenRules() {}

    /**
     * Rejects a port that others can reach without encryption, unless the user has allowed that.
     *
     * @param port which TLS it is
     * @param insecureListen whether the user has allowed it
     * @throws NeuroVisorException {@code INVALID_ARGUMENT} for such a port without TLS and without that permission
     */
    public static void check(InetAddress address, TlsConfig tls, ServerTls port, boolean insecureListen) {
        if (keysRequired(address) && !tls.isWanted() && !insecureListen) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    "other machines can reach %s: set %s, or %s on if the traffic is encrypted otherwise"
                            .formatted(address.getHostAddress(), port.flags(), AccessConfig.INSECURE_LISTEN.flag()));
        }
    }

    /** Returns whether clients of a port at this address need a key. */
    public static boolean keysRequired(InetAddress address) {
        return !address.isLoopbackAddress();
    }
}

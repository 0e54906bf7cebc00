package io.neurovisor.server.daemon;

import java.net.InetSocketAddress;

/** Where a daemon serves HTTP APIs. */
public record HttpAddress(InetSocketAddress socket, boolean isEncrypted) {
    /** Returns the scheme of its URLs. */
    public String scheme() {
        return isEncrypted ? "https" : "http";
    }
}

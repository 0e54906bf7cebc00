package io.neurovisor.server.http;

import java.io.IOException;

/** Handles requests. */
@FunctionalInterface
public interface HttpPages {
    /**
     * Handles a request in a separate thread, which is interrupted when the client disconnects. The connection is
     * closed after this returns.
     *
     * @throws IOException if the client has disconnected
     */
    void handle(HttpCall call) throws IOException;
}

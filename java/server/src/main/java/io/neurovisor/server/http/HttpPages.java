package io.neurovisor.server.http;

import java.io.IOException;

/** Answers requests. */
@FunctionalInterface
public interface HttpPages {
    /**
     * Answers a request, in a thread of its own, which is interrupted when the client goes away. The connection is closed when this
     * returns.
     *
     * @throws IOException when the client has gone
     */
    void handle(HttpCall call) throws IOException;
}

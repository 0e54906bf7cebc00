package io.neurovisor.server.http.api;

import java.io.IOException;

/**
 * How the requests of one path are served.
 *
 * @param mostBytes the largest body of a request; 0 for none
 * @param isStream whether request and response may take longer than the idle time of a connection
 */
public record HttpRoute(long mostBytes, boolean isStream, Service service) {
    /** Serves a request in a thread of its own, which may block. */
    @FunctionalInterface
    public interface Service {
        /**
         * Serves a request; when this returns, the response is complete.
         *
         * @throws IOException if the client has disconnected or breaks HTTP
         */
        void serve(HttpExchange exchange) throws IOException;
    }

    public HttpRoute {
        if (mostBytes < 0) {
            throw new IllegalArgumentException("most bytes: " + mostBytes);
        }
    }
}

package io.neurovisor.server.http.api;

import java.util.Optional;

/** An API that is served by HTTP. Must be safe for use by many threads. */
@FunctionalInterface
public interface HttpApi {
    /**
     * Returns the route of a request; empty if this API has no such path.
     *
     * @param path as it was sent, without the query
     */
    Optional<HttpRoute> route(String method, String path);
}

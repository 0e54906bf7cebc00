package io.neurovisor.server.http.api;

import java.util.Optional;

/** An API that is served by HTTP. Must be safe for use by many threads. */
@FunctionalInterface
public interface HttpApi {
    /** Returns the route of a request; empty if it is not for this API. */
    Optional<HttpRoute> route(RequestHead head);

    /** Returns the name of the API in metrics. */
    default String name() {
        return "other";
    }
}

package io.neurovisor.server.http.api;

import java.util.Optional;
import java.util.function.Function;

/**
 * What a request is routed by.
 *
 * @param path as it was sent, without the query
 * @param headers returns the first value of a header
 */
public record RequestHead(String method, String path, Function<String, Optional<String>> headers) {
    public Optional<String> header(String name) {
        return headers.apply(name);
    }
}

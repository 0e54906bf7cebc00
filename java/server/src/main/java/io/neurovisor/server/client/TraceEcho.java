package io.neurovisor.server.client;

import static java.util.Objects.requireNonNull;

/**
 * What a daemon tells its client of a request's trace.
 *
 * @param answered the answer's own {@code trace_id}
 * @param header the answer's {@code x-trace-id}
 * @param response the answer's {@code traceresponse}, which has the real id (W3C Trace Context level 2)
 */
public record TraceEcho(String answered, String header, String response) {
    public TraceEcho {
        requireNonNull(answered, "answered is null");
        requireNonNull(header, "header is null");
        requireNonNull(response, "response is null");
    }
}

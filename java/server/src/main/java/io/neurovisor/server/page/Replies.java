package io.neurovisor.server.page;

import io.neurovisor.server.http.HttpCall;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Sends responses with the headers that all of the status page's responses have. */
final class Replies {
    static final String TEXT = "text/plain; charset=utf-8";
    static final String HTML = "text/html; charset=utf-8";
    static final String JSON = "application/json";

    /** Limits what a browser does with a response: show it, with scripts and styles of this server only. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final Map<String, String> HEADERS = Map.of(
            "Cache-Control", "no-store",
            "Content-Security-Policy", POLICY,
            "X-Content-Type-Options", "nosniff",
            "Referrer-Policy", "no-referrer",
            "Cross-Origin-Resource-Policy", "same-origin");

    private Replies() {}

    static void send(HttpCall call, int status, String type, String body) throws IOException {
        send(call, status, type, body.getBytes(StandardCharsets.UTF_8));
    }

    static void send(HttpCall call, int status, String type, byte[] body) throws IOException {
        call.answer(status, headers(type), body);
    }

    static OutputStream stream(HttpCall call, String type) throws IOException {
        return call.stream(headers(type));
    }

    private static Map<String, String> headers(String type) {
        Map<String, String> headers = new HashMap<>(HEADERS);
        headers.put("Content-Type", type);
        return headers;
    }
}

package io.neurovisor.server.page;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Answers with what every answer of the status page has in common. */
final class Replies {
    static final String TEXT = "text/plain; charset=utf-8";
    static final String HTML = "text/html; charset=utf-8";
    static final String JSON = "application/json";

    /** What a browser may do with an answer: nothing but show it, with scripts and styles of this server alone. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private Replies() {}

    static void send(HttpExchange exchange, int status, String type, String body) throws IOException {
        send(exchange, status, type, body.getBytes(StandardCharsets.UTF_8));
    }

    /** The body is left out where a HEAD asks. */
    static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        try (exchange) {
            prepare(exchange, type);
            boolean wantsBody = !exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(status, wantsBody && body.length > 0 ? body.length : -1);
            if (wantsBody) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    static void prepare(HttpExchange exchange, String type) {
        Headers headers = exchange.getResponseHeaders();
        headers.set("Content-Type", type);
        headers.set("Cache-Control", "no-store");
        headers.set("Content-Security-Policy", POLICY);
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
    }
}

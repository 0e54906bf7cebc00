package io.neurovisor.tests;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** A server that speaks Ollama's protocol and whose model says what it was told beforehand; the last reply is repeated. */
final class ScriptedOllama implements AutoCloseable {
    /** The one model that it has not. */
    static final String MISSING = "nobody-has-it";

    private static final String DIES = "dies";

    private final HttpServer server;
    private final List<ObjectNode> replies;
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<String> traceParents = new CopyOnWriteArrayList<>();

    ScriptedOllama(ObjectNode... replies) {
        this.replies = List.of(replies);
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
        server.createContext("/api/show", ScriptedOllama::show);
        server.createContext("/api/chat", this::chat);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    static ObjectNode says(String text) {
        return message(text);
    }

    /** The server is gone in the middle of it, as one that is killed. */
    static ObjectNode dies(String text) {
        return message(text).put(DIES, true);
    }

    /** Each as {@code language:code}. */
    static ObjectNode calls(String... programs) {
        ObjectNode message = message("");
        ArrayNode calls = message.putArray("tool_calls");
        for (String program : programs) {
            int colon = program.indexOf(':');
            ObjectNode function = calls.addObject().putObject("function").put("name", "execute_code");
            function.putObject("arguments")
                    .put("language", program.substring(0, colon))
                    .put("code", program.substring(colon + 1));
        }
        return message;
    }

    String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /** The bodies of the requests to the model. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    /** Whose work the requests were, as W3C writes it. */
    List<String> traceParents() {
        return List.copyOf(traceParents);
    }

    private static ObjectNode message(String text) {
        return JsonNodeFactory.instance.objectNode().put("role", "assistant").put("content", text);
    }

    private static void show(HttpExchange exchange) throws IOException {
        String request = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        if (request.contains(MISSING)) {
            exchange.sendResponseHeaders(404, -1);
        } else {
            answer(exchange, "{\"capabilities\": [\"tools\"]}");
        }
    }

    private void chat(HttpExchange exchange) throws IOException {
        traceParents.add(exchange.getRequestHeaders().getFirst("traceparent"));
        requests.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        ObjectNode line =
                JsonNodeFactory.instance.objectNode().put("model", "m").put("done", false);
        ObjectNode reply = replies.get(Math.min(requests.size(), replies.size()) - 1);
        line.set("message", reply);
        if (reply.has(DIES)) {
            die(exchange, line + "\n");
            return;
        }
        ObjectNode end = JsonNodeFactory.instance
                .objectNode()
                .put("model", "m")
                .put("done", true)
                .put("done_reason", "stop")
                .put("load_duration", 1_250_000_000L)
                .put("prompt_eval_count", 100)
                .put("eval_count", 10);
        end.set("message", message(""));
        answer(exchange, line + "\n" + end + "\n");
    }

    private void die(HttpExchange exchange, String begin) throws IOException {
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write(begin.getBytes(StandardCharsets.UTF_8));
        exchange.getResponseBody().flush();
        server.stop(0);
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream body = exchange.getResponseBody()) {
            body.write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

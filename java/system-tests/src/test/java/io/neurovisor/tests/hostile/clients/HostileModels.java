package io.neurovisor.tests.hostile.clients;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An Ollama server whose models behave as their names say, so that attacks choose by name. */
final class HostileModels implements AutoCloseable {
    /** Replies with a word. */
    static final String BRIEF = "brief";

    /** Never replies. */
    static final String SILENT = "silent";

    /** Replies without end. */
    static final String ENDLESS = "endless";

    /** Always requests another program. */
    static final String CALLING = "calling";

    /** The prefix of missing models. */
    static final String MISSING = "missing";

    private static final String LINE =
            "{\"model\": \"m\", \"message\": {\"role\": \"assistant\", \"content\": \"%s\"%s},"
                    + " \"done\": %b, \"done_reason\": \"stop\", \"prompt_eval_count\": 10, \"eval_count\": 10}\n";
    private static final String CALL = ", \"tool_calls\": [{\"function\": {\"name\": \"execute_code\","
            + " \"arguments\": {\"language\": \"bash\", \"code\": \"echo $RANDOM\"}}}]";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch closed = new CountDownLatch(1);

    HostileModels() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/api/show", HostileModels::show);
        server.createContext("/api/chat", this::chat);
        server.setExecutor(threads);
        server.start();
    }

    String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    private static void show(HttpExchange exchange) throws IOException {
        if (model(exchange).startsWith(MISSING)) {
            exchange.sendResponseHeaders(404, -1);
        } else {
            answer(exchange, "{\"capabilities\": [\"tools\"]}");
        }
    }

    private void chat(HttpExchange exchange) throws IOException {
        switch (model(exchange)) {
            case SILENT -> awaitClose();
            case ENDLESS -> replyEndlessly(exchange);
            case CALLING -> answer(exchange, LINE.formatted("", CALL, true));
            default -> answer(exchange, LINE.formatted("good day", "", true));
        }
    }

    private static String model(HttpExchange exchange) throws IOException {
        JsonNode request = new ObjectMapper().readTree(exchange.getRequestBody().readAllBytes());
        return request.path("model").asText(request.path("name").asText());
    }

    private void awaitClose() {
        try {
            closed.await();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }

    /** Writes until the client or this server is closed. */
    private void replyEndlessly(HttpExchange exchange) throws IOException {
        byte[] line = LINE.formatted("and so on ".repeat(100), "", false).getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream body = exchange.getResponseBody()) {
            while (closed.getCount() > 0) {
                body.write(line);
            }
        }
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream body = exchange.getResponseBody()) {
            body.write(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}

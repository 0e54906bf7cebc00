package io.neurovisor.e2b.interpreter;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.Context;
import io.neurovisor.e2b.DaemonCalls;
import io.neurovisor.e2b.Fields;
import io.neurovisor.e2b.HttpFailure;
import io.neurovisor.e2b.Json;
import io.neurovisor.proto.sandbox.CellEvent;
import io.neurovisor.proto.sandbox.CreateContextRequest;
import io.neurovisor.proto.sandbox.ExecuteCellRequest;
import io.neurovisor.proto.sandbox.InterpreterContext;
import io.neurovisor.proto.sandbox.ListContextsRequest;
import io.neurovisor.proto.sandbox.ListContextsResponse;
import io.neurovisor.proto.sandbox.RemoveContextRequest;
import io.neurovisor.proto.sandbox.RemoveContextResponse;
import io.neurovisor.proto.sandbox.RestartContextRequest;
import io.neurovisor.proto.sandbox.RestartContextResponse;
import io.neurovisor.server.http.api.HttpExchange;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The code interpreter of a sandbox: cells, whose events are lines of JSON, and contexts. */
public final class InterpreterApi {
    private static final Pattern CONTEXT = Pattern.compile("/contexts/([^/]+)");
    private static final Pattern RESTART = Pattern.compile("/contexts/([^/]+)/restart");
    private static final String USUAL_LANGUAGE = "python";
    private static final String USUAL_DIRECTORY = "/home/user";

    /** After which silence of a cell its client is sent a line. */
    private static final Duration SILENCE = Duration.ofSeconds(2);

    /** The contexts that clients find from the beginning. They start with their first cell. */
    private static final List<String> LISTED = List.of(USUAL_LANGUAGE, "javascript");

    private final DaemonCalls daemon;
    private final String sandboxId;
    private final InstantSource clock;

    public InterpreterApi(DaemonCalls daemon, String sandboxId, InstantSource clock) {
        this.daemon = daemon;
        this.sandboxId = sandboxId;
        this.clock = clock;
    }

    public void serve(HttpExchange exchange) throws IOException {
        Matcher context = CONTEXT.matcher(exchange.path());
        Matcher restart = RESTART.matcher(exchange.path());
        String request = exchange.method() + " " + exchange.path();
        if (request.equals("GET /health")) {
            exchange.setStatus(200);
            Json.write(exchange, JsonNodeFactory.instance.textNode("OK"));
        } else if (request.equals("POST /execute")) {
            execute(exchange);
        } else if (request.equals("POST /contexts")) {
            create(exchange);
        } else if (request.equals("GET /contexts")) {
            list(exchange);
        } else if (exchange.method().equals("DELETE") && context.matches()) {
            remove(exchange, context.group(1));
        } else if (exchange.method().equals("POST") && restart.matches()) {
            restart(exchange, restart.group(1));
        } else {
            throw HttpFailure.of(404, "the interpreter has no " + request);
        }
    }

    private void execute(HttpExchange exchange) throws IOException {
        Fields body = new Fields(Json.read(exchange));
        String context = body.text("context_id").orElse("");
        String language = body.text("language").map(InterpreterApi::normal).orElse("");
        if (!context.isEmpty() && !language.isEmpty()) {
            throw HttpFailure.of(400, "Only one of context_id or language can be provided");
        }
        ExecuteCellRequest.Builder request = ExecuteCellRequest.newBuilder()
                .setSandboxId(sandboxId)
                .setCode(body.requiredText("code"))
                .putAllEnv(body.texts("env_vars"));
        if (LISTED.contains(context) || context.isEmpty()) {
            // Those that are listed from the beginning have their languages as ids until they start.
            request.setLanguage(language.isEmpty() ? context : language);
        } else {
            request.setContextId(context);
        }
        if (request.getContextId().isEmpty() && request.getLanguage().isEmpty()) {
            request.setLanguage(USUAL_LANGUAGE);
        }
        Context.CancellableContext call = Context.current().withCancellation();
        Runnable interrupt = () -> {
            boolean _ = call.cancel(null);
        };
        exchange.onDisconnect(interrupt);
        Context before = call.attach();
        try (SignsOfLife client = new SignsOfLife(exchange.output(), SILENCE, interrupt)) {
            CellLines lines = new CellLines(clock, request.getLanguage());
            stream(exchange, client, lines, daemon.interpreters().executeCell(request.build()));
        } finally {
            call.detach(before);
            interrupt.run();
        }
    }

    /** Sends the events of a cell as they come. The first one is awaited, so that a refusal has its own status. */
    private static void stream(HttpExchange exchange, SignsOfLife client, CellLines lines, Iterator<CellEvent> events)
            throws IOException {
        CellEvent first = events.next();
        exchange.setStatus(200);
        exchange.addHeader("Content-Type", "application/x-ndjson");
        client.start();
        client.send(lines.of(first));
        while (events.hasNext()) {
            client.send(lines.of(events.next()));
        }
        client.send(List.of(CellLines.end()));
    }

    private void create(HttpExchange exchange) throws IOException {
        Fields body = new Fields(Json.read(exchange));
        CreateContextRequest request = CreateContextRequest.newBuilder()
                .setSandboxId(sandboxId)
                .setLanguage(normal(body.text("language").orElse(USUAL_LANGUAGE)))
                .setCwd(body.text("cwd").orElse(USUAL_DIRECTORY))
                .build();
        InterpreterContext created =
                daemon.interpreters().createContext(request).getContext();
        exchange.setStatus(200);
        Json.write(exchange, context(created.getId(), created.getLanguage(), created.getCwd()));
    }

    private void list(HttpExchange exchange) throws IOException {
        ListContextsResponse started = started();
        ArrayNode contexts = JsonNodeFactory.instance.arrayNode();
        for (String language : LISTED) {
            if (shared(started, language).isEmpty()
                    && started.getLanguagesList().contains(language)) {
                contexts.add(context(language, language, USUAL_DIRECTORY));
            }
        }
        started.getContextsList()
                .forEach(context -> contexts.add(context(context.getId(), context.getLanguage(), context.getCwd())));
        exchange.setStatus(200);
        Json.write(exchange, contexts);
    }

    private ListContextsResponse started() {
        return daemon.interpreters()
                .listContexts(
                        ListContextsRequest.newBuilder().setSandboxId(sandboxId).build());
    }

    private static Optional<String> shared(ListContextsResponse started, String language) {
        return started.getContextsList().stream()
                .filter(context -> context.getShared() && context.getLanguage().equals(language))
                .map(InterpreterContext::getId)
                .findFirst();
    }

    /** Returns the id of a context; empty for one that is listed from the beginning and has not started. */
    private Optional<String> startedContext(String id) {
        return LISTED.contains(id) ? shared(started(), id) : Optional.of(id);
    }

    private static ObjectNode context(String id, String language, String directory) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put("language", language)
                .put("cwd", directory);
    }

    private void remove(HttpExchange exchange, String context) throws IOException {
        startedContext(context).ifPresent(id -> {
            RemoveContextResponse _ = daemon.interpreters()
                    .removeContext(RemoveContextRequest.newBuilder()
                            .setSandboxId(sandboxId)
                            .setContextId(id)
                            .build());
        });
        exchange.setStatus(200);
        Json.write(exchange, JsonNodeFactory.instance.nullNode());
    }

    private void restart(HttpExchange exchange, String context) throws IOException {
        startedContext(context).ifPresent(id -> {
            RestartContextResponse _ = daemon.interpreters()
                    .restartContext(RestartContextRequest.newBuilder()
                            .setSandboxId(sandboxId)
                            .setContextId(id)
                            .build());
        });
        exchange.setStatus(200);
        Json.write(exchange, JsonNodeFactory.instance.nullNode());
    }

    private static String normal(String language) {
        String lower = language.strip().toLowerCase(Locale.ROOT);
        return switch (lower) {
            case "js" -> "javascript";
            case "ts" -> "typescript";
            case "python3", "" -> USUAL_LANGUAGE;
            default -> lower;
        };
    }
}

package io.neurovisor.server.page;

import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.overview.Overview;
import io.neurovisor.server.overview.OverviewJson;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Serves the status page ({@code /}), its live events ({@code /events}), the figures as JSON ({@code /status.json}) and one
 * execution ({@code /execution/TRACE}). Answers GET and HEAD, and only requests that were meant for this server.
 */
public final class StatusPages implements HttpHandler, AutoCloseable {
    /** What there is, for whoever asks for something else. */
    public static final String PATHS = "/, /status.json, /events";

    /** Where changes are told, without an end. */
    public static final String EVENTS = "/events";

    private static final Pattern EXECUTION =
            Pattern.compile("/execution/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");

    private final Supplier<Overview> overviews;
    private final HostCheck hosts;
    private final LiveEvents events;
    private final String notFound;

    /**
     * @param names under which the server is known beside its addresses
     * @param notFound says what there is
     */
    public StatusPages(Supplier<Overview> overviews, Set<String> names, String notFound) {
        this.overviews = requireNonNull(overviews, "overviews is null");
        this.hosts = new HostCheck(names);
        this.events = new LiveEvents(overviews, Ticker.SYSTEM);
        this.notFound = requireNonNull(notFound, "notFound is null");
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        String method = exchange.getRequestMethod();
        if (!method.equals("GET") && !method.equals("HEAD")) {
            exchange.getResponseHeaders().set("Allow", "GET, HEAD");
            Replies.send(exchange, 405, Replies.TEXT, "this page only shows; ask with GET\n");
            return;
        }
        Optional<HostCheck.Refusal> refusal = exchange.getRequestURI().getRawAuthority() == null
                ? hosts.refusal(exchange.getRequestHeaders().getOrDefault("Host", List.of()))
                : Optional.of(new HostCheck.Refusal(400, "this is no proxy; ask for a path"));
        if (refusal.isPresent()) {
            Replies.send(
                    exchange,
                    refusal.get().status(),
                    Replies.TEXT,
                    refusal.get().text() + "\n");
            return;
        }
        serve(exchange, exchange.getRequestURI().getRawPath());
    }

    /** Ends all streams of events. */
    @Override
    public void close() {
        events.close();
    }

    private void serve(HttpExchange exchange, String path) throws IOException {
        switch (path) {
            case "/" -> Replies.send(exchange, 200, Replies.HTML, OverviewPage.of(overviews.get()));
            case "/status.json" ->
                Replies.send(exchange, 200, Replies.JSON, OverviewJson.write(overviews.get()) + "\n");
            case EVENTS -> events.serve(exchange);
            default -> serveOther(exchange, path);
        }
    }

    private void serveOther(HttpExchange exchange, String path) throws IOException {
        Optional<Assets.Asset> asset = Assets.at(path);
        if (asset.isPresent()) {
            Replies.send(exchange, 200, asset.get().type(), asset.get().content());
            return;
        }
        Matcher execution = EXECUTION.matcher(path);
        if (execution.matches()) {
            Optional<String> page = ExecutionPage.of(overviews.get(), execution.group(1));
            if (page.isPresent()) {
                Replies.send(exchange, 200, Replies.HTML, page.get());
            } else {
                Replies.send(
                        exchange,
                        404,
                        Replies.TEXT,
                        "no execution of that trace is remembered; the last hundred are\n");
            }
            return;
        }
        Replies.send(exchange, 404, Replies.TEXT, notFound + "\n");
    }
}

package io.neurovisor.server.page;

import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.http.HttpCall;
import io.neurovisor.server.http.HttpPages;
import io.neurovisor.server.overview.Overview;
import io.neurovisor.server.overview.OverviewJson;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Serves the status page ({@code /}), its live events ({@code /events}), the figures as JSON ({@code /status.json}) and
 * one trace ({@code /execution/TRACE}). The port decides which requests arrive here.
 */
public final class StatusPages implements HttpPages, AutoCloseable {
    /** The paths that exist, for the response to other paths. */
    public static final String PATHS = "/, /status.json, /events";

    private static final Pattern EXECUTION =
            Pattern.compile("/execution/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");

    private final Supplier<Overview> overviews;
    private final LiveEvents events;
    private final String notFound;

    /** @param notFound lists the paths that exist */
    public StatusPages(Supplier<Overview> overviews, String notFound) {
        this.overviews = overviews;
        this.events = new LiveEvents(overviews, Ticker.SYSTEM);
        this.notFound = notFound;
    }

    @Override
    public void handle(HttpCall call) throws IOException {
        switch (call.path()) {
            case "/" -> Replies.send(call, 200, Replies.HTML, OverviewPage.of(overviews.get()));
            case "/status.json" -> Replies.send(call, 200, Replies.JSON, OverviewJson.write(overviews.get()) + "\n");
            case "/events" -> events.serve(call);
            default -> serveOther(call);
        }
    }

    @Override
    public void close() {
        events.close();
    }

    private void serveOther(HttpCall call) throws IOException {
        String path = call.path();
        Optional<Assets.Asset> asset = Assets.at(path);
        if (asset.isPresent()) {
            Replies.send(call, 200, asset.get().type(), asset.get().content());
            return;
        }
        Matcher execution = EXECUTION.matcher(path);
        if (execution.matches()) {
            Optional<String> page = ExecutionPage.of(overviews.get(), execution.group(1));
            if (page.isPresent()) {
                Replies.send(call, 200, Replies.HTML, page.get());
            } else {
                Replies.send(
                        call, 404, Replies.TEXT, "no execution of that trace is remembered; the last hundred are\n");
            }
            return;
        }
        Replies.send(call, 404, Replies.TEXT, notFound + "\n");
    }
}

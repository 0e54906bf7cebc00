package io.neurovisor.server.page;

import io.neurovisor.server.overview.Overview;

/** The common beginning and end of all pages. */
final class PageFrame {
    private static final String REFRESH_SECONDS = "5";

    private PageFrame() {}

    /** @param live whether scripts update the page; otherwise the browser reloads it */
    static Html begin(String title, boolean live) {
        Html html = new Html();
        html.begin("html", "lang", "en").begin("head");
        html.empty("meta", "charset", "utf-8");
        html.leaf("title", title);
        html.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        html.empty("meta", "name", "color-scheme", "content", "light dark");
        html.empty("link", "rel", "icon", "type", "image/svg+xml", "href", "/assets/icon.svg");
        html.empty("link", "rel", "stylesheet", "href", "/assets/uplot.css");
        html.empty("link", "rel", "stylesheet", "href", "/assets/status.css");
        if (live) {
            html.begin("noscript")
                    .empty("meta", "http-equiv", "refresh", "content", REFRESH_SECONDS)
                    .end();
            for (String script : new String[] {"uplot", "charts", "status"}) {
                html.begin("script", "defer", "defer", "src", "/assets/" + script + ".js")
                        .end();
            }
        }
        return html.end().begin("body");
    }

    static String end(Html html, Overview overview) {
        html.begin("footer");
        html.text("NeuroVisor " + overview.version()
                + ". Times are UTC. This page is read-only. The same figures are at ");
        html.leaf("a", "/status.json", "href", "/status.json").text(", counters at ");
        html.leaf("a", "/metrics", "href", "/metrics").text(".");
        return html.end().end().end().finish();
    }
}

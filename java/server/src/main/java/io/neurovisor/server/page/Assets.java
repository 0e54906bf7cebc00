package io.neurovisor.server.page;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The static files of the page, all in memory, so that no request path leads to the file system. */
final class Assets {
    static final String CHARTS = "/META-INF/resources/webjars/uplot/1.6.30/dist/";

    private static final String SCRIPT = "text/javascript; charset=utf-8";
    private static final String STYLE = "text/css; charset=utf-8";

    private static final Map<String, Asset> ALL = Map.of(
                    "/assets/status.js", new Source("status.js", SCRIPT),
                    "/assets/charts.js", new Source("charts.js", SCRIPT),
                    "/assets/status.css", new Source("status.css", STYLE),
                    "/assets/icon.svg", new Source("icon.svg", "image/svg+xml"),
                    "/assets/uplot.js", new Source(CHARTS + "uPlot.iife.min.js", SCRIPT),
                    "/assets/uplot.css", new Source(CHARTS + "uPlot.min.css", STYLE))
            .entrySet()
            .stream()
            .collect(Collectors.toUnmodifiableMap(
                    Map.Entry::getKey, entry -> entry.getValue().read()));

    private Assets() {}

    static Optional<Asset> at(String path) {
        return Optional.ofNullable(ALL.get(path));
    }

    @SuppressWarnings("ArrayRecordComponent") // Written, never compared.
    record Asset(String type, byte[] content) {}

    private record Source(String name, String type) {
        Asset read() {
            try (InputStream file = requireNonNull(Assets.class.getResourceAsStream(name), name)) {
                return new Asset(type, file.readAllBytes());
            } catch (IOException exception) {
                throw new UncheckedIOException(exception);
            }
        }
    }
}

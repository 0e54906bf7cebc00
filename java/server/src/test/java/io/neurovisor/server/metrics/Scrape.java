package io.neurovisor.server.metrics;

import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Scrapes metrics as Prometheus does. */
public final class Scrape {
    private Scrape() {}

    /** Returns OpenMetrics text by lines. */
    public static List<String> of(PrometheusRegistry registry) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try {
            OpenMetricsTextFormatWriter.create().write(text, registry.scrape());
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
        return text.toString(StandardCharsets.UTF_8).lines().toList();
    }
}

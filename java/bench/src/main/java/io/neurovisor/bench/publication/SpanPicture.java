package io.neurovisor.bench.publication;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.bench.trace.TracedRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A request's spans as a Mermaid chart, with a table of what the chart is too coarse for. */
final class SpanPicture {
    private static final double MICROS_PER_MILLI = 1000;

    private SpanPicture() {}

    /**
     * The picture, a line each; of a missing node, that there is none.
     *
     * @param request as {@link TracedRequest#json} writes it
     */
    static List<String> of(JsonNode request) {
        if (request.isMissingNode()) {
            return List.of("No request's spans are kept: `./neurovisor bench trace` keeps them.");
        }
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "%s. The median of %d requests: %.1f ms at its client, trace `%s`.",
                request.path("circumstances").asText(),
                request.path("requests").asInt(),
                request.path("client_ms").asDouble(),
                request.path("trace").asText()));
        lines.addAll(List.of("", "```mermaid", "gantt", "    dateFormat x", "    axisFormat %L ms"));
        for (JsonNode span : request.path("spans")) {
            long from = Math.round(span.path("start_us").asLong() / MICROS_PER_MILLI);
            long to = Math.round(span.path("end_us").asLong() / MICROS_PER_MILLI);
            // A bar without a length is not drawn.
            lines.add(String.format(Locale.ROOT, "    %s :%d, %d", name(span), from, Math.max(to, from + 1)));
        }
        lines.addAll(List.of(
                "```", "", "| span | begins after | takes | of which no span below it tells |", "|---|---|---|---|"));
        for (JsonNode span : request.path("spans")) {
            lines.add(String.format(
                    Locale.ROOT,
                    "| %s | %.1f ms | %.1f ms | %.1f ms |",
                    name(span),
                    span.path("start_us").asLong() / MICROS_PER_MILLI,
                    micros(span) / MICROS_PER_MILLI,
                    untold(span, request) / MICROS_PER_MILLI));
        }
        return List.copyOf(lines);
    }

    private static long micros(JsonNode span) {
        return span.path("end_us").asLong() - span.path("start_us").asLong();
    }

    /** Those below it follow each other; where they overlap, nothing is left. */
    private static long untold(JsonNode span, JsonNode request) {
        long below = 0;
        for (JsonNode other : request.path("spans")) {
            if (other.path("parent").asText().equals(span.path("id").asText())) {
                below += micros(other);
            }
        }
        return Math.max(0, micros(span) - below);
    }

    /** What would end a name in the chart is left out. */
    private static String name(JsonNode span) {
        String name = span.path("name").asText();
        return name.substring(name.lastIndexOf('/') + 1).replaceAll("[^\\w .-]", " ");
    }
}

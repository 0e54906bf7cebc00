package io.neurovisor.bench.publication;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.bench.trace.TracedRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The spans of a request as a Mermaid chart, with a table of the exact times. */
final class SpanPicture {
    private static final double MICROS_PER_MILLI = 1000;

    private SpanPicture() {}

    /**
     * Returns the lines of the chart and the table, or a line that says there is no request if the node is missing.
     *
     * @param request the output of {@link TracedRequest#json}
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
        lines.addAll(
                List.of("```", "", "| span | begins after | takes | outside its child spans |", "|---|---|---|---|"));
        for (JsonNode span : request.path("spans")) {
            lines.add(String.format(
                    Locale.ROOT,
                    "| %s | %.1f ms | %.1f ms | %.1f ms |",
                    name(span),
                    span.path("start_us").asLong() / MICROS_PER_MILLI,
                    micros(span) / MICROS_PER_MILLI,
                    uncovered(span, request) / MICROS_PER_MILLI));
        }
        return List.copyOf(lines);
    }

    private static long micros(JsonNode span) {
        return span.path("end_us").asLong() - span.path("start_us").asLong();
    }

    /** Child spans follow each other; if they overlap, the result is 0. */
    private static long uncovered(JsonNode span, JsonNode request) {
        long below = 0;
        for (JsonNode other : request.path("spans")) {
            if (other.path("parent").asText().equals(span.path("id").asText())) {
                below += micros(other);
            }
        }
        return Math.max(0, micros(span) - below);
    }

    /** Drops the characters that would end a name in the chart. */
    private static String name(JsonNode span) {
        String name = span.path("name").asText();
        return name.substring(name.lastIndexOf('/') + 1).replaceAll("[^\\w .-]", " ");
    }
}

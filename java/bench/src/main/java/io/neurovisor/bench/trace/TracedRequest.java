package io.neurovisor.bench.trace;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.List;

/** A request with the spans of its trace and the milliseconds to the last byte, as measured by the client. */
public record TracedRequest(double millis, List<Span> spans) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double NANOS_PER_MICRO = 1000;

    public TracedRequest {
        spans = spans.stream()
                .sorted(Comparator.comparingLong(Span::startNanos)
                        .thenComparing(Span::endNanos, Comparator.reverseOrder()))
                .toList();
    }

    /** Returns the request with the median time; {@code requests} must not be empty. */
    public static TracedRequest median(List<TracedRequest> requests) {
        return requests.stream()
                .sorted(Comparator.comparingDouble(TracedRequest::millis))
                .skip((requests.size() - 1) / 2)
                .findFirst()
                .orElseThrow();
    }

    /**
     * Returns the request as JSON, with times in microseconds from the start of the first span.
     *
     * @param requests the number of requests of which this is the median
     * @param circumstances a line that says where and when it was measured
     */
    public String json(int requests, String circumstances) {
        long first = spans.isEmpty() ? 0 : spans.getFirst().startNanos();
        ObjectNode root = JSON.createObjectNode();
        root.put("circumstances", circumstances);
        root.put("requests", requests);
        root.put("client_ms", Math.round(millis * 1000) / 1000.0);
        root.put("trace", spans.isEmpty() ? "" : spans.getFirst().trace());
        spans.forEach(span -> {
            ObjectNode node = root.withArray("spans").addObject();
            node.put("name", span.name());
            node.put("id", span.id());
            node.put("parent", span.parent());
            node.put("start_us", Math.round((span.startNanos() - first) / NANOS_PER_MICRO));
            node.put("end_us", Math.round((span.endNanos() - first) / NANOS_PER_MICRO));
        });
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
        } catch (JsonProcessingException exception) {
            throw new AssertionError("a tree of numbers and words can be written", exception);
        }
    }
}

package io.neurovisor.bench.publication;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.bench.speed.Scenario;
import io.neurovisor.bench.speed.SpeedReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The medians and the targets of a run as Markdown tables. */
final class PublishedTable {
    /** Begins the part of a document that is replaced, which {@link #END} ends. */
    static final String BEGIN = "<!-- written by ./neurovisor bench --publish -->";

    static final String END = "<!-- end of what it writes -->";

    private static final String NONE = "";

    private PublishedTable() {}

    /** Returns what begins the tables of the run of a scenario that is no part of a whole run. */
    static String begin(Scenario scenario) {
        return "<!-- written by ./neurovisor bench --publish, of " + SpeedPublication.file(scenario) + " -->";
    }

    /** @param report the output of {@link SpeedReport#json}, or a missing node */
    static List<String> of(JsonNode report) {
        if (report.isMissingNode()) {
            return List.of("There is no such run.");
        }
        List<String> lines = new ArrayList<>();
        lines.add(circumstances(report));
        lines.add("");
        lines.addAll(scenarios(report.path("series")));
        lines.add("");
        lines.addAll(targets(report.path("targets")));
        return List.copyOf(lines);
    }

    /** Returns the document with the tables of the report after the mark, if it contains the mark. */
    static String replace(String document, String begin, JsonNode report) {
        return document.contains(begin)
                ? Published.between(document, begin, END, String.join("\n", of(report)))
                : document;
    }

    private static String circumstances(JsonNode report) {
        JsonNode machine = report.path("machine");
        return String.format(
                Locale.ROOT,
                "%s, %d processors, %d MiB, Linux %s; %s; load %.1f before and %.1f after; %s, one run of %d minutes.",
                machine.path("processor").asText(),
                machine.path("processors").asInt(),
                machine.path("memory_mib").asInt(),
                machine.path("kernel").asText(),
                report.path("vmm").asText(),
                machine.path("load_before").asDouble(),
                machine.path("load_after").asDouble(),
                report.path("began").asText().substring(0, "2026-01-01".length()),
                Math.ceilDiv(report.path("seconds").asInt(), 60));
    }

    private static List<String> scenarios(JsonNode series) {
        Set<String> contenders = new LinkedHashSet<>();
        Map<String, Map<String, String>> rows = new LinkedHashMap<>();
        series.forEach(one -> {
            contenders.add(one.path("contender").asText());
            rows.computeIfAbsent(
                            one.path("scenario").asText() + ", "
                                    + one.path("size").asText(),
                            _ -> new LinkedHashMap<>())
                    .put(one.path("contender").asText(), figure(one));
        });
        List<String> lines = new ArrayList<>();
        lines.add(row(Stream.concat(Stream.of("median of"), contenders.stream())));
        lines.add(row(Stream.concat(Stream.of("---"), contenders.stream().map(_ -> "---"))));
        rows.forEach((name, figures) -> lines.add(row(Stream.concat(
                Stream.of(name), contenders.stream().map(contender -> figures.getOrDefault(contender, NONE))))));
        return lines;
    }

    private static String figure(JsonNode one) {
        String median = one.path("p50").isNull()
                ? "none"
                : String.format(
                        Locale.ROOT,
                        "%.1f %s",
                        one.path("p50").asDouble(),
                        one.path("unit").asText());
        int failed = one.path("failed").asInt();
        return failed == 0 ? median : median + ", " + failed + " failed";
    }

    private static List<String> targets(JsonNode targets) {
        List<String> lines = new ArrayList<>();
        lines.add("| what | size | measured | target | |");
        lines.add("|---|---|---|---|---|");
        targets.forEach(target -> lines.add(row(Stream.of(
                target.path("what").asText(),
                target.path("size").asText(),
                number(target, "value"),
                promise(target),
                target.path("verdict").asText()))));
        return lines;
    }

    static String promise(JsonNode target) {
        return target.has("at_most")
                ? "at most " + number(target, "at_most")
                : "at least " + number(target, "at_least");
    }

    private static String number(JsonNode target, String field) {
        return target.path(field).isNull()
                ? NONE
                : String.format(
                        Locale.ROOT,
                        "%.2f %s",
                        target.path(field).asDouble(),
                        target.path("unit").asText());
    }

    private static String row(Stream<String> cells) {
        return cells.collect(Collectors.joining(" | ", "| ", " |"));
    }
}

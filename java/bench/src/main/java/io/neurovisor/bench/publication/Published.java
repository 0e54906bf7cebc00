package io.neurovisor.bench.publication;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.neurovisor.bench.measure.Measurements;
import io.neurovisor.bench.speed.Scenario;
import io.neurovisor.bench.speed.Target;
import io.neurovisor.bench.trace.TracedRequest;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Replaces the figures of a document, which stand between marks in comments, with those of the committed runs. */
final class Published {
    /** Begins the picture of a request, which {@link #END} ends. */
    static final String PICTURE = "<!-- written by ./neurovisor bench trace --publish -->";

    static final String END = PublishedTable.END;

    /** A figure in a sentence: {@code <!--bench p50; small; warm python; NeuroVisor-->144.1 ms<!--/-->}. */
    private static final Pattern FIGURE = Pattern.compile("(<!--bench ([^>]*?)-->)([^<]*)(<!--/-->)");

    private static final List<String> STATISTICS = List.of("p50", "p95", "p99");
    private static final String UNKNOWN = "not measured";

    private Published() {}

    /**
     * Returns the document with the figures of the reports. A document without marks is returned unchanged.
     *
     * @param spans the output of {@link TracedRequest#json}, or a missing node
     */
    static String document(String document, PublishedRuns runs, JsonNode spans) {
        String tables = PublishedTable.replace(document, PublishedTable.BEGIN, runs.whole());
        for (Scenario scenario : Scenario.separate()) {
            tables = PublishedTable.replace(tables, PublishedTable.begin(scenario), runs.of(scenario));
        }
        String picture = tables.contains(PICTURE)
                ? between(tables, PICTURE, END, String.join("\n", SpanPicture.of(spans)))
                : tables;
        return FIGURE.matcher(picture)
                .replaceAll(found -> Matcher.quoteReplacement(found.group(1) + figure(runs, found) + found.group(4)));
    }

    /** Returns the document without the parts that are replaced. */
    static String byHand(String document) {
        String bare = document;
        List<String> begins = Stream.concat(
                        Stream.of(PublishedTable.BEGIN, PICTURE),
                        Scenario.separate().stream().map(PublishedTable::begin))
                .toList();
        for (String begin : begins) {
            bare = bare.contains(begin) ? between(bare, begin, END, "") : bare;
        }
        return FIGURE.matcher(bare).replaceAll("");
    }

    static String between(String document, String begin, String end, String what) {
        int from = document.indexOf(begin);
        int to = document.indexOf(end, Math.max(from, 0));
        if (from < 0 || to < 0) {
            throw NeuroVisorException.invalid("publish", "the document has no lines " + begin + " and " + end);
        }
        return document.substring(0, from + begin.length()) + "\n" + what + "\n" + document.substring(to);
    }

    private static String figure(PublishedRuns runs, MatchResult found) {
        String[] words = found.group(2).strip().split("; ", -1);
        if (STATISTICS.contains(words[0]) && words.length == 4) {
            return value(runs, words[0], words[1], words[2], words[3]);
        }
        if (words[0].equals("beside") && words.length == 5) {
            double ratio = median(runs, words[1], words[2], words[3]) / median(runs, words[1], words[2], words[4]);
            return Double.isFinite(ratio) ? String.format(Locale.ROOT, "%.2f", ratio) : UNKNOWN;
        }
        if (words[0].equals("target") && words.length == 2) {
            return promise(runs, words[1]);
        }
        throw NeuroVisorException.invalid(
                "publish",
                "the mark " + found.group(1)
                        + " is not known; use p50, p95 or p99; SIZE; SCENARIO; CONTENDER, or beside; SIZE;"
                        + " SCENARIO; CONTENDER; OTHER, or target; WHAT");
    }

    private static String value(PublishedRuns runs, String statistic, String size, String scenario, String contender) {
        JsonNode series = series(runs, size, scenario, contender);
        return series.path(statistic).isNumber()
                ? String.format(
                        Locale.ROOT,
                        "%.1f %s",
                        series.path(statistic).asDouble(),
                        series.path("unit").asText())
                : UNKNOWN;
    }

    private static double median(PublishedRuns runs, String size, String scenario, String contender) {
        return series(runs, size, scenario, contender).path("p50").asDouble(Double.NaN);
    }

    private static JsonNode series(PublishedRuns runs, String size, String scenario, String contender) {
        return runs.all("series")
                .filter(one -> one.path("size").asText().equals(size)
                        && one.path("scenario").asText().equals(scenario)
                        && one.path("contender").asText().equals(contender))
                .findFirst()
                .orElse(MissingNode.getInstance());
    }

    /**
     * A promise is kept if its target was met with machines of every measured size; otherwise it is pending, as is one
     * of a separate scenario without a run.
     */
    private static String promise(PublishedRuns runs, String what) {
        String promise = "";
        boolean kept = true;
        for (JsonNode target : runs.all("targets")
                .filter(one -> one.path("what").asText().equals(what))
                .toList()) {
            promise = PublishedTable.promise(target);
            kept &= target.path("verdict").asText().equals("met");
        }
        if (promise.isEmpty()) {
            return Scenario.separate().stream()
                    .flatMap(scenario -> Target.of(scenario, "", new Measurements()).stream())
                    .filter(target -> target.what().equals(what))
                    .findFirst()
                    .map(target -> "pending: " + target.promise())
                    .orElseThrow(() -> NeuroVisorException.invalid("publish", "no run has a target " + what));
        }
        return kept ? promise : "pending: " + promise;
    }
}

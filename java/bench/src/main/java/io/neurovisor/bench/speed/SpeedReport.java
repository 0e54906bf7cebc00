package io.neurovisor.bench.speed;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.bench.measure.Host;
import io.neurovisor.bench.measure.Series;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The report of one run.
 *
 * @param vmm the VMM with its version and accelerator, and the image
 * @param host the machine at the beginning
 * @param hostAfter the machine at the end
 */
public record SpeedReport(
        String version,
        Instant began,
        Duration took,
        boolean quick,
        String vmm,
        Host host,
        Host hostAfter,
        List<Series> series,
        List<Target> targets) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double ROUNDING = 1000;

    public SpeedReport {
        series = List.copyOf(series);
        targets = List.copyOf(targets);
    }

    /** Returns lines that say where and when the values were measured. */
    public List<String> circumstances() {
        return List.of(
                String.format(
                        Locale.ROOT,
                        "%s, %d processors, %d MiB, Linux %s; %s; load %.1f before, %.1f after; %d MiB of files read"
                                + " again that the kernel had dropped",
                        host.processor(),
                        host.processors(),
                        host.memoryMebibytes(),
                        host.kernel(),
                        vmm,
                        host.load(),
                        hostAfter.load(),
                        refaultedMebibytes()),
                String.format(Locale.ROOT, "NeuroVisor %s, %s, in %d s", version, began, took.toSeconds()));
    }

    private long refaultedMebibytes() {
        return hostAfter.refaultedMebibytes() - host.refaultedMebibytes();
    }

    /** Returns the heading and one row per contender of each scenario. */
    public List<List<String>> table() {
        Stream<List<String>> heading = Stream.of(List.of(
                "size", "scenario", "contender", "p50", "p95", "p99", "unit", "n", "failed", "CPU ms", "ratio"));
        return Stream.concat(heading, series.stream().map(this::row)).toList();
    }

    private List<String> row(Series one) {
        return List.of(
                one.key().size(),
                one.key().scenario(),
                one.key().contender(),
                number(one.median()),
                number(one.percentile(95)),
                number(one.percentile(99)),
                one.unit().symbol(),
                Integer.toString(one.values().size()),
                Integer.toString(one.failed()),
                one.processorMillis() == 0 ? "-" : String.format(Locale.ROOT, "%.0f", one.processorMillis()),
                ratio(one));
    }

    private String ratio(Series one) {
        Series first = series.stream()
                .filter(other -> other.key().size().equals(one.key().size())
                        && other.key().scenario().equals(one.key().scenario()))
                .findFirst()
                .orElseThrow();
        double ratio = one.median() / first.median();
        return Double.isNaN(ratio) ? "-" : String.format(Locale.ROOT, "%.2f", ratio);
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.1f", value);
    }

    public List<List<String>> promises() {
        Stream<List<String>> heading = Stream.of(List.of("size", "what", "measured", "target", ""));
        return Stream.concat(
                        heading,
                        targets.stream()
                                .map(target -> List.of(
                                        target.size(),
                                        target.what(),
                                        target.shown(),
                                        target.promise(),
                                        target.verdict())))
                .toList();
    }

    /** Returns the report as JSON, with every single value. */
    public String json() {
        ObjectNode root = JSON.createObjectNode();
        root.put("version", version);
        root.put("began", began.toString());
        root.put("seconds", took.toSeconds());
        root.put("quick", quick);
        root.put("vmm", vmm);
        ObjectNode machine = root.putObject("machine");
        machine.put("processor", host.processor());
        machine.put("processors", host.processors());
        machine.put("memory_mib", host.memoryMebibytes());
        machine.put("kernel", host.kernel());
        machine.put("load_before", host.load());
        machine.put("load_after", hostAfter.load());
        machine.put("refaulted_mib", refaultedMebibytes());
        ArrayNode all = root.putArray("series");
        series.forEach(one -> write(one, all.addObject()));
        ArrayNode promises = root.putArray("targets");
        targets.forEach(target -> write(target, promises.addObject()));
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
        } catch (JsonProcessingException exception) {
            throw new AssertionError("a tree of numbers and words can be written", exception);
        }
    }

    private static void write(Series one, ObjectNode node) {
        node.put("size", one.key().size());
        node.put("scenario", one.key().scenario());
        node.put("contender", one.key().contender());
        node.put("unit", one.unit().symbol());
        node.put("n", one.values().size());
        node.put("failed", one.failed());
        put(node, "p50", one.median());
        put(node, "p95", one.percentile(95));
        put(node, "p99", one.percentile(99));
        put(node, "cpu_ms", one.processorMillis());
        ArrayNode values = node.putArray("values");
        one.values().forEach(value -> values.add(rounded(value)));
    }

    private static void write(Target target, ObjectNode node) {
        node.put("size", target.size());
        node.put("what", target.what());
        put(node, "value", target.value());
        node.put("unit", target.unit());
        node.put(target.isMost() ? "at_most" : "at_least", target.limit());
        node.put("verdict", target.verdict());
    }

    private static void put(ObjectNode node, String name, double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            node.putNull(name);
        } else {
            node.put(name, rounded(value));
        }
    }

    private static double rounded(double value) {
        return Math.round(value * ROUNDING) / ROUNDING;
    }
}

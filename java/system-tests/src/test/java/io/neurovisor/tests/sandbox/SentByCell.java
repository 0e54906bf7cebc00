package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.engine.interpreter.CellDisplay;
import io.neurovisor.engine.interpreter.CellEnd;
import io.neurovisor.engine.interpreter.CellError;
import io.neurovisor.engine.interpreter.CellEvent;
import io.neurovisor.engine.interpreter.CellEvents;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a cell has sent.
 *
 * @param error its name, value and line, separated by bars
 */
record SentByCell(String stdout, String stderr, List<Shown> shown, Optional<String> error, String outcome) {
    /** A result or a display, by types. */
    record Shown(boolean isResult, Map<String, String> parts) {}

    static SentByCell of(CellEvents events) {
        StringBuilder stdout = new StringBuilder();
        StringBuilder stderr = new StringBuilder();
        List<Shown> shown = new ArrayList<>();
        Optional<String> error = Optional.empty();
        CellDisplay.Collector displays = new CellDisplay.Collector();
        while (true) {
            CellEvent.Content content = events.next().orElseThrow().content();
            displays.add(content).ifPresent(display -> shown.add(shown(display)));
            switch (content) {
                case CellEvent.Text(boolean isError, String text) -> (isError ? stderr : stdout).append(text);
                case CellEvent.Failed(CellError failure) ->
                    error = Optional.of(failure.name() + "|" + failure.value() + "|"
                            + failure.frames().stream()
                                    .reduce((_, last) -> last)
                                    .map(CellError.Frame::line)
                                    .orElse(0));
                case CellEvent.Ended(CellEnd end) -> {
                    return new SentByCell(
                            stdout.toString(),
                            stderr.toString(),
                            shown,
                            error,
                            end.outcome().name());
                }
                default -> {}
            }
        }
    }

    private static Shown shown(CellDisplay display) {
        Map<String, String> parts = new LinkedHashMap<>();
        display.parts()
                .keySet()
                .forEach(type -> parts.put(type, display.text(type).orElse("")));
        return new Shown(display.isMainResult(), parts);
    }

    /** @param json what {@code run-code --json} prints */
    static SentByCell of(JsonNode json) {
        List<Shown> shown = new ArrayList<>();
        for (JsonNode result : json.path("results")) {
            Map<String, String> parts = new LinkedHashMap<>();
            result.path("data")
                    .properties()
                    .forEach(part -> parts.put(part.getKey(), part.getValue().asText()));
            shown.add(new Shown(result.path("main_result").asBoolean(), parts));
        }
        JsonNode error = json.path("error");
        Optional<String> failure = error.isMissingNode()
                ? Optional.empty()
                : Optional.of(
                        error.path("name").asText() + "|" + error.path("value").asText() + "|" + lastLine(error));
        return new SentByCell(
                json.path("stdout").asText(),
                json.path("stderr").asText(),
                shown,
                failure,
                json.path("outcome").asText());
    }

    private static int lastLine(JsonNode error) {
        Iterator<JsonNode> frames = error.path("frames").elements();
        int line = 0;
        while (frames.hasNext()) {
            line = frames.next().path("line").asInt();
        }
        return line;
    }

    /** Compares with the lines of a row, which need not name long texts and all types. */
    void check(CellTable.Row row) {
        Iterator<Shown> next = shown.iterator();
        boolean fails = false;
        boolean writes = false;
        for (String line : row.expected()) {
            String[] part = line.split(" ", 2);
            String text = part.length == 1 ? "" : part[1].replace("\\n", "\n");
            switch (part[0]) {
                case "stdout" -> assertThat(stdout).as(row + " " + this).isEqualTo(text);
                case "stderr" -> assertThat(stderr).as(row + " " + this).isEqualTo(text);
                case "stderr~" -> assertThat(stderr).as(row + " " + this).contains(text);
                case "result", "display" -> {
                    String[] typed = part[1].split(" ", 2);
                    assertThat(next.hasNext()).as(row + " " + this).isTrue();
                    Shown one = next.next();
                    assertThat(one.isResult()).as(row + " " + this).isEqualTo(part[0].equals("result"));
                    assertThat(one.parts()).as(row + " " + this).containsEntry(typed[0], typed[1]);
                }
                case "error" -> {
                    assertThat(error.orElse("none")).as(row + " " + this).matches(pattern(part[1]));
                    fails = true;
                }
                default -> throw new AssertionError(line);
            }
            writes |= part[0].startsWith("std");
        }
        assertThat(next.hasNext()).as(row + " shows more: " + this).isFalse();
        assertThat(outcome).as(row + " " + this).isEqualTo(fails ? "ERROR" : "OK");
        if (!fails && !writes && stdout.length() < 100) {
            assertThat(stdout + stderr).as(row.toString()).isEmpty();
        }
    }

    /** Returns a pattern for an error of which the table names only the first parts. */
    private static String pattern(String named) {
        StringBuilder pattern = new StringBuilder("(?s)");
        String[] parts = named.split("\\|", 3);
        for (int index = 0; index < 3; index++) {
            boolean isNamed = index < parts.length && !parts[index].isEmpty();
            pattern.append(index > 0 ? "\\|" : "").append(isNamed ? java.util.regex.Pattern.quote(parts[index]) : ".*");
        }
        return pattern.toString();
    }
}

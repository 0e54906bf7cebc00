package io.neurovisor.tests.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.tests.fixtures.CommandLineRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Reads the configuration files in {@code monitoring/}. */
final class MonitoringFiles {
    static final Path DIRECTORY = CommandLineRun.home().resolve("monitoring");
    static final Path PROMETHEUS = DIRECTORY.resolve("prometheus");

    private static final ObjectMapper JSON = new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

    private MonitoringFiles() {}

    /** A PromQL expression and its location. */
    record Query(String where, String expression) {}

    static JsonNode dashboard() {
        return json(DIRECTORY.resolve("grafana/dashboards/neurovisor.json"));
    }

    /** Returns the queries of all panels, unmodified. */
    static List<Query> panelQueries() {
        List<Query> queries = new ArrayList<>();
        for (JsonNode panel : dashboard().path("panels")) {
            for (JsonNode target : panel.path("targets")) {
                queries.add(new Query(
                        "panel " + panel.path("title").asText(),
                        target.path("expr").asText()));
            }
        }
        assertThat(queries).isNotEmpty();
        return queries;
    }

    static List<JsonNode> records() {
        return rules("records.yml");
    }

    static List<JsonNode> alerts() {
        return rules("alerts.yml");
    }

    private static List<JsonNode> rules(String file) {
        List<JsonNode> rules = new ArrayList<>();
        yaml(PROMETHEUS.resolve(file))
                .path("groups")
                .forEach(group -> group.path("rules").forEach(rules::add));
        assertThat(rules).isNotEmpty();
        return rules;
    }

    /** Returns the data sources in the order of the file. */
    static List<JsonNode> datasources() {
        List<JsonNode> datasources = new ArrayList<>();
        yaml(DIRECTORY.resolve("grafana/provisioning/datasources/neurovisor.yaml"))
                .path("datasources")
                .forEach(datasources::add);
        return datasources;
    }

    static JsonNode datasource(String type) {
        return datasources().stream()
                .filter(datasource -> datasource.path("type").asText().equals(type))
                .findFirst()
                .orElseThrow();
    }

    static JsonNode compose() {
        return yaml(DIRECTORY.resolve("compose.yaml"));
    }

    static JsonNode json(Path file) {
        try {
            return JSON.readTree(Files.readString(file));
        } catch (IOException exception) {
            throw new UncheckedIOException(file.toString(), exception);
        }
    }

    /** Parses a YAML file; rejects duplicate keys, which some readers accept. */
    static JsonNode yaml(Path file) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        try {
            Object parsed = new Yaml(new SafeConstructor(options)).load(Files.readString(file));
            return JSON.valueToTree(parsed);
        } catch (IOException exception) {
            throw new UncheckedIOException(file.toString(), exception);
        }
    }

    static List<String> matches(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
    }
}

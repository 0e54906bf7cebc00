package io.neurovisor.tests.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.tests.fixtures.ListeningProgram;
import io.neurovisor.tests.fixtures.RealClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** A Prometheus with the configuration, rules and features of {@code monitoring/} and the targets of a test. */
final class RunningPrometheus implements AutoCloseable {
    private final ListeningProgram program;
    private final HttpClient client = HttpClient.newHttpClient();

    private RunningPrometheus(ListeningProgram program) {
        this.program = program;
    }

    /** Starts a Prometheus that scrapes every second. */
    static RunningPrometheus start(Path directory, List<String> daemons, String pushgateway) {
        String daemonTargets =
                daemons.stream().map(target -> "'" + target + "'").collect(Collectors.joining(", "));
        copy(
                directory,
                "prometheus.yml",
                Map.of(
                        "[127.0.0.1:9090]",
                        "[" + daemonTargets + "]",
                        "[127.0.0.1:9092]",
                        "['" + pushgateway + "']",
                        "scrape_interval: 5s",
                        "scrape_interval: 1s",
                        "evaluation_interval: 15s",
                        "evaluation_interval: 1s"));
        copy(directory, "records.yml", Map.of());
        copy(directory, "alerts.yml", Map.of());
        List<String> command = new ArrayList<>(RealClient.monitor("prometheus")
                .command(
                        "--config.file=" + directory.resolve("prometheus.yml"),
                        "--storage.tsdb.path=" + directory.resolve("data"),
                        ListeningProgram.ANY_PORT));
        MonitoringFiles.compose()
                .path("services")
                .path("prometheus")
                .path("command")
                .forEach(option -> {
                    if (option.asText().startsWith("--enable-feature=")) {
                        command.add(option.asText());
                    }
                });
        return new RunningPrometheus(ListeningProgram.start(command));
    }

    private static void copy(Path directory, String name, Map<String, String> changes) {
        try {
            String text = Files.readString(MonitoringFiles.PROMETHEUS.resolve(name));
            for (Map.Entry<String, String> change : changes.entrySet()) {
                assertThat(text).contains(change.getKey());
                text = text.replace(change.getKey(), change.getValue());
            }
            Files.writeString(directory.resolve(name), text);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Returns the current result of an expression, an element for each series. */
    List<JsonNode> query(String expression) {
        return elements(ask("query", Map.of("query", expression)).path("result"));
    }

    /** Returns whether the current value of an expression is a number; a division by zero is not. */
    boolean hasNumber(String expression) {
        return query(expression).stream().anyMatch(RunningPrometheus::isNumber);
    }

    private static boolean isNumber(JsonNode series) {
        String value = series.has("histogram")
                ? series.path("histogram").path(1).path("count").asText()
                : series.path("value").path(1).asText();
        return !value.equals("NaN") && !(series.has("histogram") && value.equals("0"));
    }

    /** Returns the current value of an expression with a single series, or NaN. */
    double number(String expression) {
        List<JsonNode> series = query(expression);
        return series.size() == 1 ? series.getFirst().path("value").path(1).asDouble(Double.NaN) : Double.NaN;
    }

    /** Returns the values of a label in the exemplars of an expression. */
    List<String> exemplars(String expression, String label) {
        JsonNode series = ask("query_exemplars", Map.of("query", expression, "start", "0", "end", "4102444800"));
        return elements(series).stream()
                .flatMap(one -> elements(one.path("exemplars")).stream())
                .map(exemplar -> exemplar.path("labels").path(label).asText())
                .toList();
    }

    /** Returns the rules with the result of their last evaluation. */
    List<JsonNode> rules() {
        return elements(ask("rules", Map.of()).path("groups")).stream()
                .flatMap(group -> elements(group.path("rules")).stream())
                .toList();
    }

    private JsonNode ask(String path, Map<String, String> parameters) {
        String query = parameters.entrySet().stream()
                .map(parameter ->
                        parameter.getKey() + "=" + URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        try {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(URI.create("http://" + program.address() + "/api/v1/" + path + "?" + query))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            JsonNode answer = new ObjectMapper().readTree(response.body());
            assertThat(answer.path("status").asText())
                    .as(parameters + ": " + response.body())
                    .isEqualTo("success");
            return answer.path("data");
        } catch (IOException exception) {
            throw new UncheckedIOException(program.messages().toString(), exception);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", exception);
        }
    }

    private static List<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }

    @Override
    public void close() {
        client.close();
        program.close();
    }
}

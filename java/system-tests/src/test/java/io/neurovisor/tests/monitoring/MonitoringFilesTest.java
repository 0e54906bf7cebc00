package io.neurovisor.tests.monitoring;

import static io.neurovisor.tests.monitoring.MonitoringFiles.DIRECTORY;
import static io.neurovisor.tests.monitoring.MonitoringFiles.PROMETHEUS;
import static io.neurovisor.tests.monitoring.MonitoringFiles.matches;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.FaultKind;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.RealClient;
import io.neurovisor.tests.monitoring.MonitoringFiles.Query;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checks that the monitoring files are consistent and query existing metrics. {@code PrometheusIT} checks the results. */
final class MonitoringFilesTest {
    private static final String NAME = "\\b(neurovisor_[a-z_]+)\\b";

    @TempDir
    private Path directory;

    @Test
    void everyFileIsReadable() throws IOException {
        try (Stream<Path> files = Files.walk(DIRECTORY)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".json")) {
                    assertThat(MonitoringFiles.json(file)).as(name).isNotEmpty();
                } else if (name.matches(".*\\.ya?ml")) {
                    assertThat(MonitoringFiles.yaml(file)).as(name).isNotEmpty();
                } else {
                    assertThat(name).isEqualTo("README.md");
                }
            }
        }
    }

    @Test
    void everythingListensOnlyOnLoopback() {
        JsonNode services = MonitoringFiles.compose().path("services");
        JsonNode grafana = services.path("grafana").path("environment");
        JsonNode collector = MonitoringFiles.yaml(DIRECTORY.resolve("collector.yaml"))
                .path("receivers")
                .path("otlp")
                .path("protocols");
        JsonNode tempo = MonitoringFiles.yaml(DIRECTORY.resolve("tempo.yaml"));
        JsonNode tempoOtlp =
                tempo.path("distributor").path("receivers").path("otlp").path("protocols");
        JsonNode loki = MonitoringFiles.yaml(DIRECTORY.resolve("loki.yaml"));

        assertThat(grafana.path("GF_SERVER_HTTP_ADDR").asText() + ":"
                        + grafana.path("GF_SERVER_HTTP_PORT").asText())
                .isEqualTo("127.0.0.1:3000");
        assertThat(services.path("prometheus").path("command").toString())
                .contains("--web.listen-address=127.0.0.1:9091");
        assertThat(services.path("pushgateway").path("command").toString())
                .contains("--web.listen-address=127.0.0.1:9092");
        assertThat(collector.path("grpc").path("endpoint").asText()).isEqualTo("127.0.0.1:4316");
        assertThat(collector.path("http").path("endpoint").asText()).isEqualTo("127.0.0.1:4319");
        assertThat(listens(tempo, "http")).isEqualTo("127.0.0.1:3200");
        assertThat(tempoOtlp.path("grpc").path("endpoint").asText()).isEqualTo("127.0.0.1:4317");
        assertThat(tempoOtlp.path("http").path("endpoint").asText()).isEqualTo("127.0.0.1:4318");
        assertThat(listens(loki, "http")).isEqualTo("127.0.0.1:3100");
        // The default port of both is 9095.
        assertThat(listens(tempo, "grpc")).startsWith("127.0.0.1:").isNotEqualTo(listens(loki, "grpc"));
        assertThat(grafana.path("GF_SECURITY_ADMIN_USER").asText()).isEqualTo("admin");
        assertThat(grafana.path("GF_SECURITY_ADMIN_PASSWORD").asText()).isEqualTo("neurovisor");
    }

    private static String listens(JsonNode configuration, String protocol) {
        JsonNode server = configuration.path("server");
        return server.path(protocol + "_listen_address").asText() + ":"
                + server.path(protocol + "_listen_port").asText();
    }

    @Test
    void everyServiceHasAPinnedVersion() {
        JsonNode compose = MonitoringFiles.compose();
        assertThat(compose.path("services")).hasSize(6).allSatisfy(service -> {
            assertThat(service.path("network_mode").asText()).isEqualTo("host");
            assertThat(service.path("image").asText()).matches("[a-z/-]+:v?\\d+\\.\\d+\\.\\d+");
            for (JsonNode volume : service.path("volumes")) {
                String source = volume.asText().replaceFirst(":.*", "");
                if (source.startsWith(".")) {
                    assertThat(DIRECTORY.resolve(source)).exists();
                } else {
                    assertThat(compose.path("volumes").has(source)).as(source).isTrue();
                }
            }
        });
    }

    @Test
    void forwardsAlertsToAListener() {
        JsonNode exporters =
                MonitoringFiles.yaml(DIRECTORY.resolve("collector.yaml")).path("exporters");
        assertThat(exporters.path("otlp/tempo").path("endpoint").asText()).isEqualTo("127.0.0.1:4317");
        assertThat(exporters.path("otlphttp/loki").path("endpoint").asText()).isEqualTo("http://127.0.0.1:3100/otlp");
        assertThat(MonitoringFiles.datasource("prometheus").path("url").asText())
                .isEqualTo("http://127.0.0.1:9091");
        assertThat(MonitoringFiles.datasource("tempo").path("url").asText()).isEqualTo("http://127.0.0.1:3200");
        assertThat(MonitoringFiles.datasource("loki").path("url").asText()).isEqualTo("http://127.0.0.1:3100");
        assertThat(MonitoringFiles.yaml(PROMETHEUS.resolve("prometheus.yml"))
                        .path("scrape_configs")
                        .findValues("targets")
                        .toString())
                .isEqualTo("[[\"127.0.0.1:9090\"], [\"127.0.0.1:9092\"]]");
    }

    @Test
    void traceIdLinksMetricTraceWithLog() {
        String tempo = MonitoringFiles.datasource("tempo").path("uid").asText();
        JsonNode exemplars = MonitoringFiles.datasource("prometheus")
                .path("jsonData")
                .path("exemplarTraceIdDestinations")
                .path(0);
        assertThat(exemplars.path("name").asText()).isEqualTo("trace_id");
        assertThat(exemplars.path("datasourceUid").asText()).isEqualTo(tempo);
        JsonNode logs = MonitoringFiles.datasource("tempo").path("jsonData").path("tracesToLogsV2");
        assertThat(logs.path("datasourceUid").asText())
                .isEqualTo(MonitoringFiles.datasource("loki").path("uid").asText());
        assertThat(logs.path("query").asText()).contains("trace_id=\"$${__trace.traceId}\"");
        JsonNode field = MonitoringFiles.datasource("loki")
                .path("jsonData")
                .path("derivedFields")
                .path(0);
        assertThat(field.path("matcherRegex").asText()).isEqualTo("trace_id");
        assertThat(field.path("datasourceUid").asText()).isEqualTo(tempo);
    }

    @Test
    void everyPanelHasAProvisionedDatasource() {
        List<String> uids = MonitoringFiles.datasources().stream()
                .map(datasource -> datasource.path("uid").asText())
                .toList();
        assertThat(uids).doesNotHaveDuplicates();
        Set<Integer> ids = new HashSet<>();
        Set<List<Integer>> cells = new HashSet<>();
        for (JsonNode panel : MonitoringFiles.dashboard().path("panels")) {
            String title = panel.path("title").asText();
            assertThat(ids.add(panel.path("id").asInt())).as(title).isTrue();
            JsonNode place = panel.path("gridPos");
            int x = place.path("x").asInt();
            int y = place.path("y").asInt();
            assertThat(x + place.path("w").asInt()).as(title).isBetween(1, 24);
            for (int column = x; column < x + place.path("w").asInt(); column++) {
                for (int line = y; line < y + place.path("h").asInt(); line++) {
                    assertThat(cells.add(List.of(column, line))).as(title).isTrue();
                }
            }
            if (!panel.path("type").asText().equals("row")) {
                assertThat(panel.path("datasource").path("uid").asText())
                        .as(title)
                        .isIn(uids);
                assertThat(panel.path("targets")).as(title).isNotEmpty();
            }
        }
    }

    /** A query for a missing metric would make a panel that is always empty, or an alert that never fires. */
    @Test
    void showsCountedCalls() throws IOException {
        Set<String> counted = new TreeSet<>(matches(
                "(?m)^\\| `(neurovisor_[a-z_]+)",
                Files.readString(CommandLineRun.home().resolve("docs/observability.md"))));
        assertThat(counted).isNotEmpty();

        Set<String> asked = new TreeSet<>();
        expressions().forEach(query -> asked.addAll(matches(NAME, query.expression())));
        asked.addAll(matches(NAME, MonitoringFiles.datasources().toString()));
        assertThat(counted).as("metrics that are counted").containsAll(asked);

        Set<String> shown = new TreeSet<>();
        MonitoringFiles.panelQueries().forEach(query -> shown.addAll(matches(NAME, query.expression())));
        assertThat(shown).as("metrics on the dashboard").containsAll(counted);
    }

    @Test
    void traceIdIsNeverALabel() {
        assertThat(expressions()).noneMatch(query -> query.expression().contains("trace_id"));
    }

    private static List<Query> expressions() {
        Stream<Query> rules = Stream.concat(MonitoringFiles.records().stream(), MonitoringFiles.alerts().stream())
                .map(rule -> new Query("rule", rule.path("expr").asText()));
        return Stream.concat(MonitoringFiles.panelQueries().stream(), rules).toList();
    }

    @Test
    void everyAlertNamesTheNextStep() throws IOException {
        Set<String> records = new TreeSet<>();
        MonitoringFiles.records()
                .forEach(rule -> records.add(rule.path("record").asText()));
        String commands = Files.readString(CommandLineRun.home().resolve("docs/cli.md"))
                + Files.readString(CommandLineRun.home().resolve("docs/options.md"));
        String settings = Files.readString(CommandLineRun.home().resolve("docs/settings.md"));
        assertThat(MonitoringFiles.alerts()).allSatisfy(alert -> {
            assertThat(alert.path("alert").asText()).startsWith("NeuroVisor");
            assertThat(matches(
                            "^([a-z0-9_:]+)(?:\\{.*})? > [0-9.]+$",
                            alert.path("expr").asText()))
                    .singleElement()
                    .isIn(records);
            assertThat(alert.path("labels").path("severity").asText()).isIn("critical", "warning", "info");
            assertThat(alert.path("annotations").path("summary").asText()).isNotBlank();
            String runbook = alert.path("annotations").path("runbook").asText();
            assertThat(matches("\\./neurovisor ([a-z]+)", runbook))
                    .isNotEmpty()
                    .allSatisfy(command -> assertThat(commands).contains("| `" + command));
            assertThat(matches("(--[a-z-]+)", runbook))
                    .allSatisfy(option -> assertThat(commands.contains("`" + option)
                                    || settings.contains("| `" + option.substring(2) + "`"))
                            .as(option)
                            .isTrue());
        });
        Set<String> used = new TreeSet<>();
        Stream.concat(MonitoringFiles.alerts().stream(), MonitoringFiles.records().stream())
                .forEach(rule -> used.addAll(
                        matches("\\b(neurovisor:[a-z0-9_:]+)", rule.path("expr").asText())));
        assertThat(used).as("records that are used").isEqualTo(records);
    }

    /** The alert covers faults that an operator can fix, not mistakes of callers. */
    @Test
    void faultAlertCoversMachineFaults() {
        String record = MonitoringFiles.records().stream()
                .filter(rule -> rule.path("record").asText().equals("neurovisor:faults_total"))
                .map(rule -> rule.path("expr").asText())
                .findFirst()
                .orElseThrow();
        String pattern = matches("error_type=~\"([^\"]+)\"", record).getFirst();
        assertThat(Fault.values())
                .allSatisfy(fault -> assertThat(
                                fault.name().toLowerCase(Locale.ROOT).matches(pattern))
                        .as(fault.name())
                        .isEqualTo(fault.kind() == FaultKind.HOST || fault.kind() == FaultKind.SANDBOX));
        assertThat("grpc_internal").matches(pattern);
        assertThat("grpc_cancelled").doesNotMatch(pattern);
    }

    @Test
    void promtoolAcceptsTheConfiguration() {
        HostCommand.Result check = promtool("check", "config", "--lint=all", PROMETHEUS + "/prometheus.yml");
        assertThat(check.exitCode()).as(check.stdout() + check.stderr()).isZero();
    }

    @Test
    void alertsFireWhenTheyShould() {
        HostCommand.Result test = promtool("test", "rules", PROMETHEUS + "/alerts.test.yml");
        assertThat(test.exitCode()).as(test.stdout() + test.stderr()).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            alerts.yml     | neurovisor:down > 0      | neurovisor:down >> 0
            records.yml    | sum by (instance) (rate  | sum by (instance) (rates
            prometheus.yml | honor_labels             | honour_labels
            """)
    void findsMistakes(String file, String before, String after) throws IOException {
        for (String name : List.of("prometheus.yml", "records.yml", "alerts.yml")) {
            String text = Files.readString(PROMETHEUS.resolve(name));
            assertThat(!name.equals(file) || text.contains(before)).as(before).isTrue();
            Files.writeString(directory.resolve(name), name.equals(file) ? text.replace(before, after) : text);
        }
        assertThat(promtool("check", "config", directory + "/prometheus.yml").exitCode())
                .isNotZero();
    }

    /** Checks each file with the program that reads it, or with the schema of that program. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            otelcol          | validate  | collector.yaml                     | [memory_limiter,   | [memory_limit,
            otelcol          | validate  | collector.yaml                     | limit_mib:         | limit_mb:
            monitoring-check | compose   | compose.yaml                       | network_mode: host | network_mod: host
            monitoring-check | compose   | compose.yaml                       | cap_drop: [ALL]    | cap_drop: ALL
            monitoring-check | dashboard | grafana/dashboards/neurovisor.json | "gridPos"          | "gridPosition"
            monitoring-check | dashboard | grafana/dashboards/neurovisor.json | "graphMode"        | "graphmode"
            """)
    void readersAcceptTheFiles(String reader, String command, String name, String before, String after)
            throws IOException {
        Path file = DIRECTORY.resolve(name);
        HostCommand.Result judgement = judgement(reader, command, file);
        assertThat(judgement.exitCode()).as(judgement.stderr()).isZero();
        String text = Files.readString(file);
        assertThat(text).contains(before);
        Path wrong = Files.writeString(
                directory.resolve(file.getFileName().toString()), text.replaceFirst(Pattern.quote(before), after));
        assertThat(judgement(reader, command, wrong).exitCode()).isNotZero();
    }

    private static HostCommand.Result judgement(String reader, String command, Path file) {
        RealClient client = RealClient.named(reader);
        return command.equals("validate")
                ? client.run(command, "--config=" + file)
                : client.run(command, file.toString());
    }

    private static HostCommand.Result promtool(String... arguments) {
        return RealClient.monitor("promtool").run(arguments);
    }
}

package io.neurovisor.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.cli.Main;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class KeysCommandTest {
    private static final String NOTE =
            "Key ci was created. It is shown only once; clients send it as" + " \"authorization: Bearer KEY\".\n";

    @TempDir
    private Path data;

    @Test
    void listWithoutKeysCreatesNoFiles() {
        assertThat(run("keys", "list").out())
                .isEqualTo(
                        "NAME  SCOPES  RATE  QUOTA  MACHINES  WAITING  SANDBOXES  SANDBOX MEMORY  PAUSED  SANDBOX DISK  TOKENS  CREATED  USED"
                                + "  EXPIRES  REVOKED\n");
        assertThat(run("keys", "list", "--json").out()).isEqualTo("[ ]\n");
        Run revoke = run("keys", "revoke", "ci");
        assertThat(revoke.exitCode()).isEqualTo(2);
        assertThat(revoke.err()).startsWith("neurovisor: there is no key in " + data);
        assertThat(data).isEmptyDirectory();
    }

    @Test
    void spellPrintsTheOtherSpelling() throws IOException {
        String own = "nvk_" + "A".repeat(43);
        String e2b = "e2b_" + "0".repeat(64);
        assertThat(spelled(own + "\n")).isEqualTo(e2b + "\n");
        assertThat(spelled(e2b)).isEqualTo(own + "\n");
        for (String other : List.of("", "nvk_", "e2b_0", "x".repeat(10_000), own + " " + own)) {
            assertThatThrownBy(() -> spelled(other)).hasMessageContaining("standard input is not a key");
        }
    }

    private static String spelled(String input) throws IOException {
        StringWriter out = new StringWriter();
        new Keys(new CommonOptions(), new CommandLine(new KeysCommand()).setOut(new PrintWriter(out)))
                .spell(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        return out.toString();
    }

    @Test
    void createPrintsTheKeyAloneOnStdout() throws IOException {
        Run create = run(
                "keys",
                "create",
                "ci",
                "--scopes",
                "execute,agent",
                "--rate",
                "10:5",
                "--quota",
                "1000/day",
                "--max-machines",
                "2",
                "--max-waiting",
                "5",
                "--max-sandboxes",
                "3",
                "--sandbox-memory",
                "4G",
                "--max-paused",
                "7",
                "--sandbox-disk",
                "2G",
                "--token-budget",
                "2000000/day",
                "--expires",
                "90d");
        assertThat(create.exitCode()).as(create.err()).isZero();
        assertThat(create.out()).matches("nvk_[A-Za-z0-9_-]{43}\n");
        assertThat(create.err()).isEqualTo(NOTE);
        assertThat(run("keys", "create", "other", "-q").err()).isEmpty();
        Run list = run("keys", "list");
        assertThat(list.out()
                        .lines()
                        .skip(1)
                        .map(line -> line.replaceAll("\\d{4}-\\S+", "TIME").replaceAll(" +", " ")))
                .containsExactly(
                        "ci execute,agent 10:5 1000/day 2 5 3 4G 7 2G 2000000/day TIME - TIME -",
                        "other execute,infer,agent,sandbox,metrics - - - - - - - - - TIME - - -");
        JsonNode json =
                new ObjectMapper().readTree(run("keys", "list", "--json").out());
        assertThat(json.at("/0/name").asText()).isEqualTo("ci");
        assertThat(json.at("/0/scopes").toString()).isEqualTo("[\"execute\",\"agent\"]");
        assertThat(json.at("/0/rate").asText()).isEqualTo("10:5");
        assertThat(json.at("/0/quota").asText()).isEqualTo("1000/day");
        assertThat(json.at("/0/max_machines").asInt()).isEqualTo(2);
        assertThat(json.at("/0/max_waiting").asInt()).isEqualTo(5);
        assertThat(json.at("/0/max_sandboxes").asInt()).isEqualTo(3);
        assertThat(json.at("/0/sandbox_memory").asText()).isEqualTo("4G");
        assertThat(json.at("/0/max_paused").asInt()).isEqualTo(7);
        assertThat(json.at("/0/sandbox_disk").asText()).isEqualTo("2G");
        assertThat(json.at("/0/token_budget").asText()).isEqualTo("2000000/day");
        assertThat(Duration.between(
                        Instant.parse(json.at("/0/created").asText()),
                        Instant.parse(json.at("/0/expires").asText())))
                .isBetween(Duration.ofDays(90).minusMinutes(1), Duration.ofDays(90));
        assertThat(json.at("/0/expired").asBoolean(true)).isFalse();
        assertThat(json.at("/1/token_budget").isMissingNode()).isTrue();
        assertThat(json.at("/1/expires").isMissingNode()).isTrue();
        assertThat(json.at("/1/max_machines").isMissingNode()).isTrue();
        assertThat(json.at("/0/revoked").isMissingNode()).isTrue();
        assertThat(list.out() + json).doesNotContain(create.out().strip().substring(4));
    }

    @Test
    void listMarksExpiredKeys() throws Exception {
        run("keys", "create", "ci", "--expires", "1m");
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + data.resolve("access/keys.db"));
                Statement statement = database.createStatement()) {
            assertThat(statement.executeUpdate("UPDATE access_key SET expires_ms = 1000"))
                    .isEqualTo(1);
        }
        assertThat(run("keys", "list").out()).contains("1970-01-01T00:00:01Z (expired)");
        JsonNode json =
                new ObjectMapper().readTree(run("keys", "list", "--json").out());
        assertThat(json.at("/0/expired").asBoolean()).isTrue();
    }

    @Test
    void revokedKeysStayListed() throws IOException {
        run("keys", "create", "ci");
        assertThat(run("keys", "revoke", "ci").out()).isEqualTo("revoked ci\n");
        assertThat(run("keys", "revoke", "ci").exitCode()).isZero();
        JsonNode json =
                new ObjectMapper().readTree(run("keys", "list", "--json").out());
        assertThat(json.at("/0/revoked").asText()).startsWith("20");
        Run again = run("keys", "create", "ci");
        assertThat(again.exitCode()).isEqualTo(2);
        assertThat(again.out()).isEmpty();
        assertThat(again.err()).startsWith("neurovisor: there was a key ci; choose another name");
    }

    @Test
    void reportsAllProblemsOfANewKeyTogether() {
        Run run = run(
                "keys",
                "create",
                "a\u001b[2Jb",
                "--scopes",
                "execute,fly,",
                "--rate",
                "fast",
                "--quota",
                "-1",
                "--max-machines",
                "0",
                "--max-waiting",
                "many",
                "--max-sandboxes",
                "-1",
                "--sandbox-memory",
                "all",
                "--token-budget",
                "1000/hour",
                "--expires",
                "2020-01-01");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .contains(
                        "NAME: \"a [2Jb\" is not allowed; use at most 63 lowercase letters",
                        "--scopes: \"fly\" is not allowed; use execute, infer, agent, sandbox, metrics",
                        "--scopes: \"\" is not allowed",
                        "--rate: \"fast\" is not allowed; use CAPACITY:PER_SECOND",
                        "--quota: \"-1\" is not allowed; use a number of executions",
                        "--max-machines: \"0\" is not allowed; use a number of 1 to 999999",
                        "--max-waiting: \"many\" is not allowed; use a number of 1 to 999999",
                        "--max-sandboxes: \"-1\" is not allowed; use a number of 0 to 999999",
                        "--sandbox-memory: \"all\" is not allowed; use a size such as 512M or 4G",
                        "--token-budget: \"1000/hour\" is not allowed; use a number of tokens of 1 to 999999999999",
                        "--expires: \"2020-01-01\" is not allowed; use a time in the future")
                .doesNotContain("\u001b");
        assertThat(data).isEmptyDirectory();
    }

    @Test
    void rejectsHostileNames() {
        run("keys", "create", "ci");
        for (String name : List.of(
                "", "../../x", "x'; DROP TABLE access_key; --", "%", "CI", "\u0000", "a".repeat(100_000), "\u202eic")) {
            Run create = run("keys", "create", name);
            assertThat(create.exitCode()).isEqualTo(2);
            assertThat(create.err()).hasSizeLessThan(500).doesNotContain("\u202e", "\u0000");
            Run revoke = run("keys", "revoke", name);
            assertThat(revoke.exitCode()).isEqualTo(2);
            assertThat(revoke.err()).hasSizeLessThan(500).doesNotContain("\u202e", "\u0000");
        }
        assertThat(run("keys", "list").out()).hasLineCount(2);
    }

    @Test
    void doesNotRepeatASecretTypedAsAName() {
        String secret = run("keys", "create", "ci").out().strip();
        Run revoke = run("keys", "revoke", secret);
        assertThat(revoke.exitCode()).isEqualTo(2);
        assertThat(revoke.err()).contains("there is no key of such a name").doesNotContain(secret);
        Run create = run("keys", "create", secret);
        assertThat(create.exitCode()).isEqualTo(2);
        assertThat(create.err()).doesNotContain(secret);
    }

    @Test
    void namesAnUnusableDatabase() throws IOException {
        Path stranger = Files.writeString(data.resolve("thesis.txt"), "mine");
        assertThat(run("keys", "create", "ci").err()).contains("contains files of other programs (thesis.txt)");
        Files.delete(stranger);
        run("keys", "create", "ci");
        Path database = Files.writeString(data.resolve("access/keys.db"), "no database at all".repeat(500));
        for (List<String> command :
                List.of(List.of("keys", "list"), List.of("keys", "create", "x"), List.of("keys", "revoke", "ci"))) {
            Run run = run(command.toArray(String[]::new));
            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.err())
                    .startsWith("neurovisor: " + database + " is damaged (")
                    .hasLineCount(1);
        }
    }

    private record Run(int exitCode, String out, String err) {}

    private Run run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Main.commandLine(
                        new ProcessEnvironment(Map.of("NEUROVISOR_DATA_DIR", data.toString()), data.resolve("home")))
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
        return new Run(exitCode, out.toString(), err.toString());
    }
}

package io.neurovisor.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.cli.admin.PrepareImageCommand;
import io.neurovisor.cli.run.RecordStartCommand;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.OptionSpec;

final class CommandLineTest {
    private static final int COLUMNS = 80;

    @TempDir
    private Path directory;

    @Test
    void everythingWrongIsToldAtOnce() throws IOException {
        Path file = Files.writeString(directory.resolve("c.yaml"), "sise: large\nsnapshot: maybe\n");
        Run run = run(
                Map.of("NEUROVISOR_IMAGE", "A B"),
                "run",
                "--config",
                file.toString(),
                "--timeout",
                "0",
                "--frobnicate",
                "-l",
                "bash",
                "-c",
                "1");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines().toList())
                .containsExactly(
                        "neurovisor: unknown option '--frobnicate'",
                        "neurovisor: " + file + ":1: unknown setting \"sise\"; did you mean \"size\"?",
                        "neurovisor: NEUROVISOR_IMAGE: \"A B\" is not allowed; use a name of at most 32 lowercase letters,"
                                + " digits and hyphens",
                        "neurovisor: " + file + ":2: snapshot: \"maybe\" is not allowed; use on or off",
                        "neurovisor: --timeout: \"0\" is not allowed; use a time from 1s to 24h, such as 30, 90s, 5m"
                                + " or 2h",
                        "Try 'neurovisor run --help'.");
    }

    @Test
    void listsTheCommandsOfAGroup() {
        Run run = run(Map.of(), "config");
        assertThat(run.exitCode()).isEqualTo(2);
        // Commands that are methods have no order.
        assertThat(run.err())
                .matches(
                        "neurovisor: a command is missing: (show, check|check, show)\nTry 'neurovisor config --help'\\.\n");
        assertThat(run(Map.of(), "config", "shwo").err()).doesNotContain("a command is missing");
    }

    @Test
    void listsAllCommands() {
        assertThat(run(Map.of()).err())
                .contains("a command is missing: run, sandbox, agent, ")
                .doesNotContain(PrepareImageCommand.NAME);
    }

    @Test
    void suggestsOnlyCloseNames() {
        assertThat(run(Map.of(), "stpo").err()).contains("did you mean stop?");
        assertThat(run(Map.of(), "shop").err()).contains("did you mean stop?");
        assertThat(run(Map.of(), "kill").err()).contains("kill").doesNotContain("did you mean");
        assertThat(run(Map.of(), "rnu").err()).contains("'rnu'; did you mean ").contains("run");
        assertThat(run(Map.of(), "image", "lst").err())
                .contains("did you mean ")
                .contains("list");
    }

    @Test
    void argumentsThatPicocliRejectsAreReportedInOurWords() {
        assertThat(firstLines("keys", "delete", "me"))
                .containsExactly("neurovisor: unknown command 'delete'; known are create, list, revoke, spell");
        assertThat(firstLines("run", "-x")).containsExactly("neurovisor: unknown option '-x'");
        assertThat(firstLines("logs", "-n", "x"))
                .containsExactly("neurovisor: --lines: \"x\" is not allowed; use a whole number");
        assertThat(firstLines("run", "--json=foo", "a.py"))
                .containsExactly("neurovisor: --json: \"foo\" is not allowed; use --json or --json=full");
        assertThat(firstLines("sessions", "resume"))
                .containsExactly("neurovisor: missing required parameters: 'ID', 'TASK'");
    }

    /** Returns the lines before the one that recommends {@code --help}. */
    private List<String> firstLines(String... arguments) {
        List<String> lines = run(Map.of(), arguments).err().lines().toList();
        assertThat(lines.getLast()).startsWith("Try 'neurovisor ");
        return lines.subList(0, lines.size() - 1);
    }

    @Test
    void configShowPrintsTheSourceOfEachSetting() throws IOException {
        Path file = Files.writeString(directory.resolve("c.yaml"), "# mine\nsize: large\n");
        Run run = run(Map.of("NEUROVISOR_LOG", "warn"), "config", "show", "--config", file.toString(), "--timeout=5m");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out().lines().map(line -> line.replaceAll(" +", " ")))
                .contains(
                        "SETTING VALUE FROM",
                        "image base default",
                        "size large " + file + ":2",
                        "timeout 300s --timeout",
                        "log-level warn NEUROVISOR_LOG");
        assertThat(run.out().lines()).hasSize(Config.SETTINGS.size() + 1);
    }

    @Test
    void configCheckReportsProblems() throws IOException {
        Path file = Files.writeString(directory.resolve("c.yaml"), "size: large\n");
        assertThat(run(Map.of(), "config", "check", "--config", file.toString()).out())
                .isEqualTo(file + ": a start would accept these settings\n"
                        + "image base is not built; the first start builds it, which takes minutes\n");
        Files.writeString(file, "size: huge\n");
        Run run = run(Map.of("NEUROVISOR_CONFIG", file.toString()), "config", "check");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains(file + ":1: size: \"huge\" is not allowed");
    }

    /** A refusal of each kind; the checks themselves are those of the start. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --image=nowhere             | Image nowhere is not known
            --kernel=small              | The small kernel is not built
            --firecracker=/nowhere      | /nowhere is not a program
            --timeout=2h                | --timeout of 7200 s is more than --timeout-max of 3600 s
            --listen=0.0.0.0            | other machines can reach 0.0.0.0: set --tls-cert and --tls-key
            --metrics-listen=0.0.0.0    | other machines can reach 0.0.0.0: set --metrics-tls-cert
            --tls-cert=/nowhere         | --tls-key is missing
            --api-key-file=/nowhere     | --api-key-file /nowhere cannot be read
            """)
    void configCheckRefusesWhatAStartRefuses(String option, String problem) throws IOException {
        Map<String, String> environment =
                Map.of("NEUROVISOR_DATA_DIR", directory.resolve("data").toString());
        Run run = run(environment, "config", "check", option);
        assertThat(run.exitCode()).as(run.out()).isEqualTo(2);
        assertThat(run.err()).contains("neurovisor: " + problem);
        Path file = Files.writeString(
                directory.resolve("c.yaml"), option.substring(2).replace("=", ": ") + "\nwarm: 0\n");
        assertThat(run(environment, "config", "check", "--config", file.toString())
                        .err())
                .isEqualTo(run.err());
        assertThat(directory.resolve("data")).doesNotExist();
    }

    @Test
    void configCheckReportsAllRefusalsTogether() {
        Run run = run(Map.of(), "config", "check", "--image=nowhere", "--kernel=small", "--tls-cert=/x");
        assertThat(run.err().lines()).hasSize(3);
    }

    @Test
    void helpNeedsNoSettings() {
        Run run = run(Map.of("NEUROVISOR_CONFIG", "/nowhere", "NEUROVISOR_SIZE", "huge"), "run", "--help");
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("Program:", "Limits and results:", "Virtual machine:", "General:");
    }

    @Test
    void helpShowsTheOptionsThatMatter() {
        String help = run(Map.of(), "run", "--help").out();
        assertThat(help.lines().filter(line -> line.strip().startsWith("-"))).hasSizeBetween(12, 16);
        assertThat(help).contains("--help-all").doesNotContain("--vm-uids", "--debug", "NEUROVISOR_");
        assertThat(help).doesNotContain("--firecracker");
        assertThat(run(Map.of(), "setup", "--help").out()).contains("--firecracker[=", "--third-party-firecracker");
        assertThat(run(Map.of(), "run", "--help-all").out())
                .contains("--vm-uids", "--debug", "NEUROVISOR_SIZE.", "~/.local/share/neurovisor.")
                .startsWith("Usage: neurovisor run [OPTIONS] FILE");
    }

    @Test
    void helpCommandPrintsTheHelp() {
        assertThat(run(Map.of(), "help").out())
                .isEqualTo(run(Map.of(), "--help").out());
        assertThat(run(Map.of(), "help", "image", "build").out())
                .isEqualTo(run(Map.of(), "image", "build", "--help").out())
                .contains("--rebuild");
        assertThat(run(Map.of(), "help", "rnu").err()).contains("\"rnu\" is not known; did you mean run?");
        assertThat(run(Map.of(), "help", "frobnicate").err())
                .contains("known are run, ")
                .doesNotContain(PrepareImageCommand.NAME);
        assertThat(run(Map.of(), "version").out())
                .isEqualTo(run(Map.of(), "--version").out())
                .startsWith("neurovisor ");
    }

    @Test
    void helpListsEveryCommandThatADocumentNames() throws IOException {
        String help = run(Map.of(), "--help").out();
        String page = Files.readString(Path.of(System.getProperty("neurovisor.home"), "docs/cli.md"));
        assertThat(Pattern.compile("(?m)^\\| `([a-z]+)[^`]*` \\|").matcher(page).results())
                .hasSizeGreaterThan(40)
                .allSatisfy(command -> assertThat(help).containsPattern("(?m)^  " + command.group(1) + " +[A-Z]"));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void helpFitsATerminalAndIsPlain(CommandLine command) {
        String help = command.getUsageMessage(Ansi.OFF);
        assertThat(help.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(COLUMNS));
        assertThat(help).contains("--help").contains("General:").doesNotContain("\u001b");
        String[] names = command.getCommandSpec().qualifiedName().split(" ");
        names[0] = "help";
        assertThat(run(Map.of(), names).out()).isEqualTo(help);
    }

    /** A list of commands shows only the first string of each description. */
    @ParameterizedTest
    @MethodSource("commands")
    void listsOfCommandsHaveWholeSentences(CommandLine command) {
        String[] description = command.getCommandSpec().usageMessage().description();
        assertThat(description).isNotEmpty();
        assertThat(description[0]).endsWith(".").doesNotContain("%n");
    }

    @Test
    void createsOnlyTheNamedCommand() {
        ProcessEnvironment none = new ProcessEnvironment(Map.of(), Path.of("/nowhere"));
        Map<String, CommandLine> all = Main.commandLine(none).getSubcommands();
        assertThat(all).hasSizeGreaterThan(15).allSatisfy((name, command) -> {
            CommandLine program = Main.commandLine(none, name, "--help");
            assertThat(program.getSubcommands().keySet())
                    .isEqualTo(Set.of("completion", "help", "install").contains(name) ? all.keySet() : Set.of(name));
            assertThat(requireNonNull(program.getSubcommands().get(name)).getUsageMessage(Ansi.OFF))
                    .isEqualTo(command.getUsageMessage(Ansi.OFF));
            assertThat(command.getCommandName()).isEqualTo(name);
        });
        assertThat(Main.commandLine(none, "--help").getSubcommands().keySet()).isEqualTo(all.keySet());
        assertThat(run(Map.of(), "--help").out()).doesNotContain(PrepareImageCommand.NAME, RecordStartCommand.NAME);
        assertThat(run(Map.of(), "completion", "bash").out())
                .contains("uninstall")
                .doesNotContain(PrepareImageCommand.NAME, RecordStartCommand.NAME);
    }

    /** An argument of a command, such as the size of a sandbox, may have the name of a setting. */
    @Test
    void everySettingIsAnOptionWithDefaultAndVariable() {
        assertThat(Config.SETTINGS)
                .allSatisfy(setting -> assertThat(commands()
                                .flatMap(command -> command.getCommandSpec().options().stream())
                                .filter(option -> setting.equals(option.userObject())))
                        .isNotEmpty()
                        .allSatisfy(option -> assertThat(description(option))
                                .contains("Default: ")
                                .contains("Environment: " + setting.variable() + ".")));
    }

    private static String description(OptionSpec option) {
        return String.join(" ", option.description());
    }

    static Stream<CommandLine> commands() {
        return withSubcommands(Main.commandLine(new ProcessEnvironment(Map.of(), Path.of("/nowhere"))))
                .filter(command -> !command.getCommandSpec().usageMessage().hidden());
    }

    private static Stream<CommandLine> withSubcommands(CommandLine command) {
        return Stream.concat(
                Stream.of(command),
                command.getSubcommands().values().stream().flatMap(CommandLineTest::withSubcommands));
    }

    private record Run(int exitCode, String out, String err) {}

    private Run run(Map<String, String> variables, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine commandLine = Main.commandLine(new ProcessEnvironment(variables, directory), arguments);
        commandLine.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int exitCode = commandLine.execute(List.of(arguments).toArray(String[]::new));
        return new Run(exitCode, out.toString(), err.toString());
    }
}

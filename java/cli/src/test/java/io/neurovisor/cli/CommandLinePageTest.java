package io.neurovisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.cli.help.LauncherCommand;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Tests that {@code docs/cli.md}, {@code docs/options.md}, {@code docs/images.md} and {@code docs/install.md} describe the programs. With {@code NEUROVISOR_WRITE_PAGES=true} in the
 * environment it writes the tables of commands and options instead of comparing them.
 */
@Tag("rule")
final class CommandLinePageTest {
    private static final Path HOME = Path.of(System.getProperty("neurovisor.home"));
    private static final Path PAGE = HOME.resolve("docs/cli.md");
    private static final Path OPTIONS = HOME.resolve("docs/options.md");
    private static final String END = "<!-- end of what it writes -->";
    private static final boolean WRITES = Boolean.parseBoolean(System.getenv("NEUROVISOR_WRITE_PAGES"));

    /** Options of this many commands are those of all. */
    private static final int ALL_COMMANDS = 14;

    /** Each constant of {@code ExitCode} with its row and words of the row. */
    private static final Map<String, String> EXIT_CODES = Map.ofEntries(
            Map.entry("USAGE", "| 2 | wrong usage"),
            Map.entry("OUTPUT_LIMIT", "| 122 | output limit"),
            Map.entry("SANDBOX_DIED", "| 123 | sandbox died"),
            Map.entry("TIMED_OUT", "| 124 | timed out"),
            Map.entry("FAILED", "| 125 | NeuroVisor failed"),
            Map.entry("OUTCOME_UNKNOWN", "| 126 | outcome unknown"),
            Map.entry("COMMAND_MISSING", "| 127 | `sandbox exec`: the sandbox has no such command"),
            Map.entry("CANCELLED", "| 130 | cancelled"),
            Map.entry("OUT_OF_MEMORY", "| 137 | out of memory"),
            Map.entry("OUTPUT_CLOSED", "| 141 | the reader of the output is gone"),
            Map.entry("INCOMPLETE", "`sandbox cp`: something was not copied"),
            Map.entry("NOT_READY", "| 1 | `status`: not ready"),
            Map.entry("NO_DAEMON", "| 3 | `status`, `ps`, `logs`, `stop`, `sandbox`: no daemon answers"),
            Map.entry(
                    "LAYER_BROKEN",
                    "| 1 | `status`: not ready or ending; `doctor`: a layer that should be live is broken"),
            Map.entry(
                    "LAYER_UNAVAILABLE",
                    "| 3 | `status`, `ps`, `logs`, `stop`, `sandbox`: no daemon answers; `doctor`: a layer cannot be provided here"),
            Map.entry("NOT_EXAMINED", "; `doctor`: nothing is known to be broken, but something could not be examined"),
            Map.entry("AGENT_LIMIT", "; `agent`: limit reached"),
            Map.entry("MODEL_FAILED", "| 4 | `agent` and `example`: the model server failed"),
            Map.entry("SANDBOX_FAILED", "| 5 | `agent`: no sandbox"),
            Map.entry("SKIPPED", "| 77 | `example`: this machine lacks the layer"));

    private final Map<String, CommandLine> commands = commands();

    @Test
    void listsEveryCommand() {
        List<String> rows = new ArrayList<>(List.of("| command | what it does |", "|---|---|"));
        commands.forEach((name, command) -> rows.add("| `%s` | %s |".formatted(name, description(command))));
        holds(PAGE, "<!-- commands, written by CommandLinePageTest -->", rows);
    }

    @Test
    void listsEveryOptionThatIsNotASetting() {
        Map<String, List<String>> users = new LinkedHashMap<>();
        commands.forEach((name, command) -> command.getCommandSpec().options().stream()
                .filter(option -> !option.usageHelp() && !option.versionHelp() && !option.hidden())
                .filter(option -> !text(option.description()).contains(" Environment: "))
                .forEach(option -> users.computeIfAbsent(row(option), _ -> new ArrayList<>())
                        .add("`" + name + "`")));
        List<String> rows = new ArrayList<>(List.of("| option | commands | what it does |", "|---|---|---|"));
        users.forEach((row, names) ->
                rows.add(row.formatted(names.size() < ALL_COMMANDS ? String.join(", ", names) : "all")));
        holds(OPTIONS, "<!-- options, written by CommandLinePageTest -->", rows);
    }

    private static String row(OptionSpec option) {
        String names = Arrays.stream(option.names()).map("`%s`"::formatted).collect(Collectors.joining(", "));
        String label = option.arity().max() == 0
                ? ""
                : option.arity().min() == 0 ? "[=" + option.paramLabel() + "]" : " " + option.paramLabel();
        String shown = label.isEmpty() ? names : names.substring(0, names.length() - 1) + label + "`";
        return cell("| %s | ".formatted(shown)).replace("%", "%%") + "%s | "
                + cell(text(option.description())).replace("%", "%%") + " |";
    }

    private static String description(CommandLine command) {
        return cell(text(command.getCommandSpec().usageMessage().description()));
    }

    private static String text(String[] lines) {
        return String.join(" ", lines).replace("%%", "%").replace("%n", " ").strip();
    }

    /** Escapes the bars inside a cell, but not those around it. */
    private static String cell(String text) {
        return text.replaceAll("(?<=\\S)\\|(?=\\S)", "\\\\|");
    }

    private static void holds(Path file, String begin, List<String> rows) {
        String page = read(file);
        int from = page.indexOf(begin) + begin.length() + 1;
        int to = page.indexOf(END, from);
        String table = String.join("\n", rows) + "\n";
        if (WRITES) {
            write(file, page.substring(0, from) + table + page.substring(to));
        } else {
            assertThat(page.substring(from, to))
                    .as("./neurovisor check --fix writes it")
                    .isEqualTo(table);
        }
    }

    /** Commands by name; one that only groups others is left out. */
    private static Map<String, CommandLine> commands() {
        Map<String, CommandLine> commands = new LinkedHashMap<>();
        Main.commandLine(new ProcessEnvironment(Map.of(), Path.of("/home/user")))
                .getSubcommands()
                .forEach((name, command) -> {
                    if (command.getCommandSpec().usageMessage().hidden()
                            || command.getCommand() instanceof LauncherCommand) {
                        return;
                    }
                    if (command.getSubcommands().isEmpty() || command.getCommand() instanceof Callable) {
                        commands.put(name, command);
                    }
                    command.getSubcommands().forEach((second, subcommand) -> {
                        if (!subcommand.getCommandSpec().usageMessage().hidden()) {
                            commands.put(name + " " + second, subcommand);
                        }
                    });
                });
        return commands;
    }

    /** The launcher's usage texts are in the scripts that it sources. */
    @Test
    void listsEveryCommandOfTheLauncher() throws IOException {
        Set<String> usages = new TreeSet<>();
        try (Stream<Path> files = Files.list(HOME.resolve("setup"))) {
            files.filter(file -> file.toString().endsWith(".sh"))
                    .forEach(file -> usages.addAll(matches(
                            "'(?:Usage:| {6}) neurovisor (\\w+(?: (?:build|install|uninstall))?)", read(file))));
        }
        Set<String> documented = new TreeSet<>();
        String page = read(PAGE);
        for (String row : matches("(?m)^\\| `((?:test|check|bpf|oci|sbom|service)[^`]*)` \\|", page)) {
            String[] words = row.replace("\\|", "|").split(" ", 3);
            boolean hasActions = words.length > 1 && words[1].matches("[a-z|]+");
            for (String action : hasActions ? words[1].split("\\|") : new String[] {""}) {
                documented.add((words[0] + " " + action).strip());
            }
        }
        assertThat(documented).isEqualTo(usages);
        assertThat(usages.stream().map(usage -> usage.split(" ", 2)[0]))
                .as("words of the launcher")
                .containsAll(matches("(?m)^if \\[\\[ \\$\\{1-} == (\\w+)", read(HOME.resolve("neurovisor"))).stream()
                        .filter(word -> !Set.of("setup", "lab").contains(word))
                        .toList());
    }

    @Test
    void listsEverySize() {
        assertThat(table(HOME.resolve("docs/images.md"), "| size | vCPUs | memory |").stream()
                        .map(row -> row.subList(0, 3)))
                .isEqualTo(Arrays.stream(SandboxSize.values())
                        .map(size -> List.of(
                                size.label(), Integer.toString(size.vcpuCount()), size.memoryMebibytes() + " MB"))
                        .toList());
    }

    @Test
    void listsEveryExitCode() throws IOException {
        String page = read(PAGE);
        Set<String> constants = new TreeSet<>();
        Pattern.compile("static final int (\\w+) = (\\d+);")
                .matcher(exitCodes())
                .results()
                .forEach(constant -> {
                    constants.add(constant.group(1));
                    String words = EXIT_CODES.getOrDefault(constant.group(1), "?");
                    assertThat(page).as(constant.group(1)).contains(words);
                    assertThat(page.substring(page.lastIndexOf("\n| ", page.indexOf(words) + 1)))
                            .as(constant.group(1))
                            .startsWith("\n| " + constant.group(2) + " |");
                });
        assertThat(constants).isEqualTo(new TreeSet<>(EXIT_CODES.keySet()));
    }

    private static String exitCodes() throws IOException {
        try (Stream<Path> files = Files.walk(HOME.resolve("java/cli/src/main/java"))) {
            return read(files.filter(file -> file.endsWith("ExitCode.java"))
                    .findFirst()
                    .orElseThrow());
        }
    }

    /** The launcher knows what is needed, for which purpose, and when. */
    @Test
    void installPageListsWhatTheLauncherNeeds() {
        String packages = read(HOME.resolve("setup/packages.sh"));
        String requirements = packages.substring(packages.indexOf("# when  check"), packages.indexOf("\n'\n"));
        List<List<String>> needed = requirements
                .lines()
                .skip(1)
                .map(line -> line.split("\\|"))
                .map(columns -> {
                    String[] words = columns[5].strip().split(": ", 2);
                    return List.of(words[0], words.length == 2 ? words[1] : "", when(columns[0].strip()));
                })
                .distinct()
                .toList();
        assertThat(table(HOME.resolve("docs/install.md"), "| what | for | when |"))
                .isEqualTo(needed);
    }

    private static String when(String when) {
        return switch (when) {
            case "build" -> "to build";
            case "run" -> "to run";
            case "lab" -> "`lab`";
            case "bpf" -> "`bpf build`";
            case "fetch" -> "`setup --firecracker`";
            case "oci" -> "`oci build`";
            case "oci-test" -> "`test --area oci`";
            case "llm" -> "`test --area models`";
            case "test" -> "`test`";
            default -> throw new AssertionError("unknown phase " + when);
        };
    }

    /** Returns the rows of a table, cell by cell. */
    private static List<List<String>> table(Path page, String heading) {
        String text = read(page);
        String begun = text.substring(text.indexOf(heading) + heading.length());
        return begun.substring(0, begun.indexOf("\n\n"))
                .lines()
                .skip(2)
                .map(line -> Arrays.stream(line.split("(?<!\\\\)\\|"))
                        .skip(1)
                        .map(cell -> cell.strip().replace("\\|", "|"))
                        .toList())
                .toList();
    }

    private static List<String> matches(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static void write(Path file, String page) {
        try {
            Files.writeString(file, page);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}

package io.neurovisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.server.setting.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The tables of the README agree with the code. */
final class ReadmeTest {
    private static final Path HOME = Path.of(System.getProperty("neurovisor.home"));
    private static final Path USER = Path.of("/home/user");
    private static final String README = read(HOME.resolve("README.md"));
    private static final ProcessEnvironment NONE = new ProcessEnvironment(Map.of(), USER);

    /** Each constant of {@link ExitCode} with its words in the README. */
    private static final Map<String, String> EXIT_CODES = Map.ofEntries(
            Map.entry("USAGE", "2 wrong usage"),
            Map.entry("OUTPUT_LIMIT", "122 output limit"),
            Map.entry("SANDBOX_DIED", "123 sandbox died"),
            Map.entry("TIMED_OUT", "124 timed out"),
            Map.entry("FAILED", "125 NeuroVisor failed"),
            Map.entry("OUTCOME_UNKNOWN", "126 outcome unknown"),
            Map.entry("CANCELLED", "130 cancelled"),
            Map.entry("OUT_OF_MEMORY", "137 out of memory"),
            Map.entry("OUTPUT_CLOSED", "141 output closed by its reader"),
            Map.entry("NOT_READY", "1 not ready"),
            Map.entry("NO_DAEMON", "3 no daemon answers"),
            Map.entry("LAYER_BROKEN", "1 one that should be live is broken"),
            Map.entry("LAYER_UNAVAILABLE", "3 one cannot be had here"),
            Map.entry("AGENT_LIMIT", "3 limit reached"),
            Map.entry("MODEL_FAILED", "4 the model's server failed"),
            Map.entry("SANDBOX_FAILED", "5 no sandbox"),
            Map.entry("SKIPPED", "77 when this machine lacks the layer"));

    @TempDir
    private Path runtime;

    @Test
    void everySettingHasARowWithItsDefaultAndItsVariable() {
        assertThat(Config.SETTINGS).allSatisfy(setting -> {
            List<String> row = row(setting.flag());
            assertThat(codes(row.get(2))).as("environment of " + setting.flag()).contains(setting.variable());
            assertThat(standard(setting, row.get(1)))
                    .as("default of " + setting.flag() + " in " + row.get(1))
                    .isTrue();
            if (!setting.type().candidates().isEmpty()) {
                assertThat(row.getFirst())
                        .as("values of " + setting.flag())
                        .contains(String.join("|", setting.type().candidates()));
            }
        });
    }

    @Test
    void noOtherOptionNamesAVariable() {
        Set<String> known = Config.SETTINGS.stream().map(Setting::variable).collect(Collectors.toCollection(TreeSet::new));
        known.add("NEUROVISOR_CONFIG");
        assertThat(options().stream().flatMap(row -> codes(row.get(2)).stream()).toList())
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(known);
    }

    /** A cell begins with the value; for a path that depends on the user, it lists all possible values. */
    private <T> boolean standard(Setting<T> setting, String cell) {
        T value = setting.defaultValue().apply(NONE);
        if (value instanceof Path path) {
            ProcessEnvironment environment = new ProcessEnvironment(
                    Map.of("XDG_DATA_HOME", "/$XDG_DATA_HOME", "XDG_RUNTIME_DIR", runtime.toString()), USER);
            return codes(cell)
                    .containsAll(List.of(shown(setting.defaultValue().apply(environment).toString()), shown(path.toString())));
        }
        String first = cell.split("\\s", 2)[0].replaceFirst("[,;:]$", "");
        return setting.type().parser().apply(first).filter(value::equals).isPresent();
    }

    private String shown(String path) {
        return path.replace(runtime.toString(), "$XDG_RUNTIME_DIR")
                .replace("/$XDG_DATA_HOME", "$XDG_DATA_HOME")
                .replace(USER.toString(), "~")
                .replace("neurovisor-" + System.getProperty("user.name"), "neurovisor-USER");
    }

    private static List<String> row(String flag) {
        List<List<String>> rows = options().stream()
                .filter(row -> codes(row.getFirst()).stream()
                        .anyMatch(code -> Pattern.matches(Pattern.quote(flag) + "($|[ =\\[].*)", code)))
                .toList();
        assertThat(rows).as("rows of " + flag).hasSize(1);
        return rows.getFirst();
    }

    private static List<List<String>> options() {
        return table("| option | default | environment |");
    }

    @Test
    void everySizeHasItsRow() {
        assertThat(table("| size | vCPUs | memory |"))
                .isEqualTo(Arrays.stream(SandboxSize.values())
                        .map(size -> List.of(
                                size.label(), Integer.toString(size.vcpuCount()), size.memoryMebibytes() + " MB"))
                        .toList());
    }

    @Test
    void everyExitCodeIsDocumented() {
        String text = README.replaceAll("\\s+", " ");
        Set<String> constants = new TreeSet<>();
        for (Matcher constant = Pattern.compile("static final int (\\w+) = (\\d+);")
                        .matcher(read(HOME.resolve("java/cli/src/main/java/io/neurovisor/cli/console/ExitCode.java")));
                constant.find(); ) {
            constants.add(constant.group(1));
            String documented = EXIT_CODES.getOrDefault(constant.group(1), "?");
            assertThat(documented).as(constant.group(1)).startsWith(constant.group(2) + " ");
            assertThat(text).contains(documented);
        }
        assertThat(constants).isEqualTo(new TreeSet<>(EXIT_CODES.keySet()));
    }

    @Test
    void rowsAreExactlyTheCommands() {
        Set<String> commands = new TreeSet<>(launcherCommands());
        CommandLine root = Main.commandLine(NONE);
        root.getSubcommands().forEach((name, command) -> {
            if (command.getCommandSpec().usageMessage().hidden()) {
                return;
            }
            // A command that only groups others is left out.
            if (command.getSubcommands().isEmpty() || command.getCommand() instanceof Callable) {
                commands.add(name);
            }
            command.getSubcommands().keySet().forEach(subcommand -> commands.add(name + " " + subcommand));
        });
        Set<String> documented = table("| command | what |").stream()
                .flatMap(row -> codes(row.getFirst()).stream())
                .filter(code -> !code.startsWith("-"))
                .flatMap(code -> named(code, commands))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(documented).isEqualTo(commands);
    }

    /** {@code keys create NAME|list} means two commands; the values of {@code completion bash|zsh} are not commands. */
    private static Stream<String> named(String code, Set<String> commands) {
        String[] words = code.split(" ", 2);
        List<String> below = words.length == 1
                ? List.of()
                : Arrays.stream(words[1].split("\\|"))
                        .map(subcommand -> words[0] + " " + subcommand.split(" ", 2)[0])
                        .toList();
        boolean isOne = below.isEmpty()
                || (commands.contains(words[0]) && below.stream().noneMatch(commands::contains));
        return isOne ? Stream.of(words[0]) : below.stream();
    }

    /** The commands of the launcher itself. */
    private static Set<String> launcherCommands() {
        Set<String> commands = new TreeSet<>();
        try (Stream<Path> files = Files.list(HOME.resolve("setup"))) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".sh")).toList()) {
                Matcher usage = Pattern.compile("'(?:Usage:| {6}) neurovisor (\\w+(?: \\w+)?)")
                        .matcher(read(file));
                usage.results().forEach(result -> commands.add(result.group(1)));
            }
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
        Matcher word = Pattern.compile("(?m)^if \\[\\[ \\$\\{1-} == (\\w+)").matcher(read(HOME.resolve("neurovisor")));
        assertThat(commands.stream().map(command -> command.split(" ", 2)[0]).distinct())
                .as("words of the launcher")
                .containsAll(word.results()
                        .map(result -> result.group(1))
                        .filter(name -> !Set.of("setup", "lab").contains(name))
                        .toList());
        return commands;
    }

    /** The requirements of the launcher: what, what for, and when. */
    @Test
    void requirementsAreThoseOfTheLauncher() {
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
        assertThat(table("| what | for | when |")).isEqualTo(needed);
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
            default -> throw new AssertionError("when is " + when);
        };
    }

    /** Returns the rows of a table as cells. */
    private static List<List<String>> table(String heading) {
        String begun = README.substring(README.indexOf(heading) + heading.length());
        return begun.substring(0, begun.indexOf("\n\n"))
                .lines()
                .skip(2)
                .map(line -> Arrays.stream(line.split("(?<!\\\\)\\|"))
                        .skip(1)
                        .map(cell -> cell.strip().replace("\\|", "|"))
                        .toList())
                .toList();
    }

    private static List<String> codes(String cell) {
        return Pattern.compile("`([^`]+)`")
                .matcher(cell)
                .results()
                .map(result -> result.group(1))
                .toList();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}

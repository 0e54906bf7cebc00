package io.neurovisor.tests.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Checks that no variable which a script, a unit or the product uses is refused as misspelt. */
final class KnownVariablesTest {
    private static final Pattern VARIABLE = Pattern.compile("\\bNEUROVISOR_[A-Z]+(?:_[A-Z]+)*\\b");

    /** Documented, but set for programs in guests. */
    private static final String OF_PROGRAMS = "NEUROVISOR_TRACE_ID";

    @Test
    void everyVariableOfTheRepositoryIsKnown() {
        Map<String, String> used = RepositoryFiles.texts()
                .filter(file ->
                        isOfTheHost(RepositoryFiles.HOME.relativize(file).toString()))
                .flatMap(file -> RepositoryFiles.lines(file).stream())
                .flatMap(line -> VARIABLE.matcher(line).results().map(MatchResult::group))
                .filter(variable -> !variable.equals(OF_PROGRAMS))
                .distinct()
                .collect(Collectors.toMap(Function.identity(), _ -> "x"));
        assertThat(used).containsKeys("NEUROVISOR_SIZE", "NEUROVISOR_IN_LAB", "NEUROVISOR_AOT");
        assertThat(LoadedConfig.load(Map.of(), Optional.empty(), new ProcessEnvironment(used, Path.of("/nowhere")))
                        .problems())
                .noneMatch(problem -> problem.contains("unknown setting"));
    }

    /** Guests have their own variables, and tests misspell some deliberately. */
    private static boolean isOfTheHost(String file) {
        return !file.startsWith("guest/") && !file.contains("/src/test/") && !file.equals("CHANGELOG.md");
    }
}

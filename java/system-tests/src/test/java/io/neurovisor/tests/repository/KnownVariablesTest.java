package io.neurovisor.tests.repository;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checks that each variable which a script, a unit or the product uses is known to it and documented. */
@Tag("rule")
final class KnownVariablesTest {
    private static final Pattern VARIABLE = Pattern.compile("\\bNEUROVISOR_[A-Z]+(?:_[A-Z]+)*\\b");

    /** Documented, but set for programs in guests. */
    private static final String OF_PROGRAMS = "NEUROVISOR_TRACE_ID";

    @Test
    void everyVariableOfTheRepositoryIsKnown() {
        Map<String, String> used = variables(RepositoryFiles.texts().filter(KnownVariablesTest::isOfTheHost))
                .filter(variable -> !variable.equals(OF_PROGRAMS))
                .collect(Collectors.toMap(Function.identity(), _ -> "x"));
        assertThat(used).containsKeys("NEUROVISOR_SIZE", "NEUROVISOR_IN_LAB", "NEUROVISOR_AOT");
        assertThat(LoadedConfig.load(Map.of(), Optional.empty(), new ProcessEnvironment(used, Path.of("/nowhere")))
                        .problems())
                .noneMatch(problem -> problem.contains("unknown setting"));
    }

    @Test
    void everyVariableOfTheRepositoryIsDocumented() throws IOException {
        Set<String> documented = variables(Documents.all().stream()
                        .filter(document -> !document.equals("SPECIFICATION.md"))
                        .map(RepositoryFiles.HOME::resolve))
                .collect(Collectors.toSet());
        assertThat(variables(RepositoryFiles.texts().filter(KnownVariablesTest::isOfTheHost)))
                .isNotEmpty()
                .isSubsetOf(documented);
    }

    private static Stream<String> variables(Stream<Path> files) {
        return files.flatMap(file -> RepositoryFiles.lines(file).stream())
                .flatMap(line -> VARIABLE.matcher(line).results().map(MatchResult::group))
                .distinct();
    }

    /** Guests have their own variables, and tests misspell some deliberately. */
    private static boolean isOfTheHost(Path path) {
        String file = RepositoryFiles.HOME.relativize(path).toString();
        return !file.startsWith("guest/") && !file.contains("/src/test/") && !file.equals("CHANGELOG.md");
    }
}

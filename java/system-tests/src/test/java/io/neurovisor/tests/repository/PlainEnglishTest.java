package io.neurovisor.tests.repository;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rejects words that engineers of this field do not use. */
@Tag("rule")
final class PlainEnglishTest {
    private static final Pattern AVOIDED = Pattern.compile(
            "\\b(told|nobody|somebody|whoever|whomever|of ours|of theirs|for ever|amid|who calls|comes home|doors?|hears of|tells)\\b",
            Pattern.CASE_INSENSITIVE);

    /** This list, and the Unix user {@code nobody}. */
    private static final List<String> ALLOWED = List.of(
            "repository/PlainEnglishTest.java:",
            "NOBODY",
            "\"nobody\"",
            "`nobody`",
            "{@code nobody}",
            "=nobody",
            "nobody:");

    @Test
    void noSourceContainsAvoidedWords() {
        assertThat(RepositoryFiles.texts().flatMap(PlainEnglishTest::hits))
                .as("write what an engineer of this field would write")
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/** Nobody waits. */", "// Whoever asks is told.", "the agent tells", "by two doors"})
    void findsAvoidedWords(String line) {
        assertThat(AVOIDED.matcher(line).find()).isTrue();
    }

    private static Stream<String> hits(Path file) {
        List<String> lines = RepositoryFiles.lines(file);
        return IntStream.range(0, lines.size()).boxed().flatMap(index -> {
            String place = RepositoryFiles.HOME.relativize(file) + ":" + (index + 1) + ": ";
            Matcher match = AVOIDED.matcher(lines.get(index));
            return match.find() && ALLOWED.stream().noneMatch((place + lines.get(index))::contains)
                    ? Stream.of(place + match.group())
                    : Stream.empty();
        });
    }
}

package io.neurovisor.tests.e2b;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.tests.e2b.ListedDifferences.Entry;
import io.neurovisor.tests.e2b.OracleAnswer.Difference;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How answers are compared, without those who answer. */
final class OracleTest {
    private static final Path HOME = Path.of(System.getProperty("neurovisor.home"));

    private static OracleAnswer answer(int status, String... messages) {
        return OracleAnswer.of(status, Map.of(), List.of(messages));
    }

    private static List<String> differences(OracleAnswer theirs, OracleAnswer ours) {
        return theirs.differences("r", ours).stream()
                .map(difference -> "%s %s %s".formatted(difference.field(), difference.theirs(), difference.ours()))
                .toList();
    }

    @Test
    void bothFilesAreWellFormed() throws IOException {
        List<String> names =
                OracleRequest.read(HOME).stream().map(OracleRequest::name).toList();
        assertThat(ListedDifferences.read(HOME).entries())
                .allSatisfy(entry -> assertThat(entry.requests())
                        .allMatch(pattern -> names.stream().anyMatch(name -> Entry.isNamed(pattern, name))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"pid\":1} | {\"pid\":2} | ",
                "{\"pid\":1} | {\"pid\":\"1\"} | pid pid NUMBER pid STRING",
                "{\"size\":\"1\"} | {\"size\":\"2\"} | size \"1\" \"2\"",
                "{\"type\":\"FILE_TYPE_DIRECTORY\",\"size\":\"1\"} | {\"type\":\"FILE_TYPE_DIRECTORY\",\"size\":\"2\"} | ",
                "{\"a\":1} | {} | a 1 -",
                "{\"code\":\"internal\",\"a\":1} | {\"code\":\"unknown\"} | code \"internal\" \"unknown\"",
                "{\"code\":1,\"message\":\"x\"} | {\"code\":1,\"message\":\"y\"} | ",
                "[1,2] | [2,1] | [0] 1 2",
                "x | y | body \"x\" \"y\"",
            })
    void whatDiffersIsNamed(String theirs, String ours, @Nullable String difference) {
        List<String> found = differences(answer(200, theirs), answer(200, ours));
        if (difference == null) {
            assertThat(found).isEmpty();
        } else {
            assertThat(found).contains(difference);
        }
    }

    @Test
    void ofAnswersWithOtherStatusNothingElseIsCompared() {
        assertThat(differences(answer(200, "x"), answer(404, "{\"code\":404}"))).containsExactly("status 200 404");
    }

    @Test
    void piecesOfOutputAreJoined() {
        assertThat(differences(
                        answer(200, "{\"event\":{\"data\":{\"stdout\":\"YWI=\"}}}", "{\"end\":{}}"),
                        answer(
                                200,
                                "{\"event\":{\"keepalive\":{}}}",
                                "{\"event\":{\"data\":{\"stdout\":\"YQ==\"}}}",
                                "{\"event\":{\"keepalive\":{}}}",
                                "{\"event\":{\"data\":{\"stdout\":\"Yg==\"}}}",
                                "{\"end\":{}}")))
                .isEmpty();
    }

    @Test
    void theOrderOfEventsCounts() {
        String output = "{\"event\":{\"data\":{\"stdout\":\"YQ==\"}}}";
        String end = "{\"event\":{\"end\":{\"exited\":true}}}";
        assertThat(differences(answer(200, output, end), answer(200, end, output)))
                .isNotEmpty();
    }

    @Test
    void anEntryExplainsOneDifferenceOfEachOfItsRequests() {
        ListedDifferences listed = ListedDifferences.of(List.of("# x", "a,b\tstatus\t500\t400\ta reason"));
        Difference first = new Difference("a", "status", "500", "400");
        Difference other = new Difference("b", "status", "500", "404");
        assertThat(listed.missing(List.of(first, other))).containsExactly(other);
        assertThat(listed.mended(List.of(first, other))).containsExactly("b status");
        ListedDifferences begin = ListedDifferences.of(List.of("a*,c*\tstatus\t500\t400\ta reason"));
        assertThat(begin.missing(List.of(first))).isEmpty();
        assertThat(begin.mended(List.of(first))).containsExactly("c* status");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\tstatus\t500\t400", "a\tstatus\t500\t400\t ", "a"})
    void anEntryWithoutReasonIsRefused(String line) {
        assertThatThrownBy(() -> ListedDifferences.of(List.of(line))).isInstanceOf(AssertionError.class);
    }

    @Test
    void moreEntriesThanTheLimitAreRefused() {
        List<String> lines = Collections.nCopies(ListedDifferences.MOST + 1, "a\tstatus\t500\t400\tx");
        assertThatThrownBy(() -> ListedDifferences.of(lines)).isInstanceOf(AssertionError.class);
    }

    @Test
    void aRequestIsReadFromItsRow() {
        OracleRequest request =
                OracleRequest.of("n\tPOST /files?path=a gzip\tcontent-type: x; boundary=q | accept:\tbody\\n");
        assertThat(request.verb()).isEqualTo("POST");
        assertThat(request.target()).isEqualTo("/files?path=a");
        assertThat(request.has("gzip")).isTrue();
        assertThat(request.headers()).isEqualTo(Map.of("content-type", "x; boundary=q", "accept", ""));
        assertThat(OracleRequest.of("n\tawait w until last").until()).isEqualTo("last");
        assertThat(OracleBytes.unescaped(request.body() + "\\xff")).endsWith('\n', 0xff);
    }
}

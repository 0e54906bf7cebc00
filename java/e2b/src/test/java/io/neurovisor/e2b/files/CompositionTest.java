package io.neurovisor.e2b.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.e2b.BoxFixture;
import io.neurovisor.e2b.ServedE2b;
import io.neurovisor.e2b.ServedE2b.Answer;
import io.neurovisor.testkit.FakeFiles;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CompositionTest extends BoxFixture {
    private Answer compose(String body) throws IOException, InterruptedException {
        return api.send(box.request(ServedE2b.ENVD, "/files/compose").POST(BodyPublishers.ofString(body)));
    }

    private void write(String path, String content) throws IOException, InterruptedException {
        assertThat(box.write("?path=" + path, "application/octet-stream", content.getBytes(UTF_8))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void sourcesBecomeOneFile() throws Exception {
        write("a", "0".repeat(100_000));
        write("d/b", "1");
        write("all", "old");
        Answer composed = compose(
                "{\"source_paths\":[\"a\",\"/home/user/d/b\",\"a\"],\"destination\":\"all\",\"username\":\"user\"}");
        assertThat(composed.status()).as(composed.text()).isEqualTo(200);
        assertThat(composed.json().path("path").asText()).isEqualTo("/home/user/all");
        assertThat(composed.json().path("name").asText()).isEqualTo("all");
        assertThat(composed.json().path("type").asText()).isEqualTo("file");
        assertThat(box.read("all").text()).isEqualTo("0".repeat(100_000) + "1" + "0".repeat(100_000));
        assertThat(box.read("a").status()).isEqualTo(404);
        assertThat(box.read("d/b").status()).isEqualTo(404);
    }

    @Test
    void aFailureLeavesAllFiles() throws Exception {
        write("a", "1");
        write("all", "old");
        Answer missing = compose("{\"source_paths\":[\"a\",\"./x/../none\"],\"destination\":\"all\"}");
        assertThat(missing.status()).isEqualTo(404);
        assertThat(missing.problem()).isEqualTo("path '/home/user/none' does not exist");
        assertThat(box.read("a").text()).isEqualTo("1");
        assertThat(box.read("all").text()).isEqualTo("old");
    }

    @Test
    void aFullDiskIsNamed() throws Exception {
        write("half", "x".repeat((int) FakeFiles.ROOM / 2));
        Answer full = compose("{\"source_paths\":[\"half\",\"half\",\"half\"],\"destination\":\"all\"}");
        assertThat(full.status()).isEqualTo(507);
        assertThat(box.read("half").status()).isEqualTo(200);
        assertThat(box.read("all").status()).isEqualTo(404);
    }

    @Test
    void composingNeedsTheToken() throws Exception {
        Answer refused = api.send(box.anonymous(ServedE2b.ENVD, "/files/compose")
                .POST(BodyPublishers.ofString("{\"source_paths\":[\"a\"],\"destination\":\"b\"}")));
        assertThat(refused.status()).isEqualTo(401);
    }

    @ParameterizedTest
    @CsvSource({
        "'{', 400, JSON",
        "'[]', 400, JSON",
        "'', 400, source_paths",
        "'{\"source_paths\":[]}', 400, source_paths",
        "'{\"source_paths\":\"a\",\"destination\":\"b\"}', 400, source_paths",
        "'{\"source_paths\":[1],\"destination\":\"b\"}', 400, source_paths",
        "'{\"source_paths\":[\"a\"]}', 400, destination",
        "'{\"source_paths\":[\"a\"],\"destination\":\"\"}', 400, destination",
        "'{\"source_paths\":[\"a\"],\"destination\":[]}', 400, destination",
        "'{\"source_paths\":[\"a\"],\"destination\":\"b\",\"username\":1}', 400, username",
        "'{\"source_paths\":[\"a\"],\"destination\":\"b\",\"username\":\"root\"}', 401, root",
        "'{\"source_paths\":[\"b\"],\"destination\":\"/home/user/../user//b\"}', 400, source_paths",
        "'{\"source_paths\":[\"\"],\"destination\":\"b\"}', 400, path",
        "'{\"source_paths\":[\".\"],\"destination\":\"b\"}', 400, directory",
        "'{\"source_paths\":[\"a\\u0000\"],\"destination\":\"b\"}', 400, NUL",
        "'{\"source_paths\":[\"a\"],\"destination\":\"b\\u0000\"}', 400, NUL",
        "'{\"source_paths\":[\"a\"],\"destination\":\"/etc/passwd\"}', 403, permission",
        "'{\"source_paths\":[\"a\"],\"destination\":\".\"}', 400, directory",
    })
    void aWrongRequestIsNamed(String body, int status, String problem) throws Exception {
        write("a", "1");
        Answer answer = compose(body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.problem()).containsIgnoringCase(problem);
        assertThat(box.read("a").text()).isEqualTo("1");
    }

    @Test
    void tooManySourcesAreRefused() throws Exception {
        String sources = String.join(",", Collections.nCopies(1001, "\"a\""));
        Answer answer = compose("{\"source_paths\":[" + sources + "],\"destination\":\"b\"}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.problem()).contains("source_paths", "1001");
        Answer large = compose("{\"source_paths\":[\"" + "a".repeat(300 << 10) + "\"],\"destination\":\"b\"}");
        assertThat(large.status()).isEqualTo(413);
    }
}

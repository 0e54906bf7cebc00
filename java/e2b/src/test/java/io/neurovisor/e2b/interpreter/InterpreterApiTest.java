package io.neurovisor.e2b.interpreter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.e2b.BoxFixture;
import io.neurovisor.e2b.ServedE2b;
import io.neurovisor.e2b.ServedE2b.Answer;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class InterpreterApiTest extends BoxFixture {
    private static List<String> types(List<JsonNode> lines) {
        return lines.stream().map(line -> line.path("type").asText()).toList();
    }

    @Test
    void cellsShareTheContextOfTheirLanguage() throws Exception {
        assertThat(types(box.cell("{\"code\":\"n = 41\"}")))
                .containsExactly("number_of_executions", "end_of_execution");
        List<JsonNode> lines = box.cell("{\"code\":\"n + 1\",\"language\":\"Python3\"}");
        assertThat(types(lines)).containsExactly("result", "number_of_executions", "end_of_execution");
        assertThat(lines.getFirst().path("text").asText()).isEqualTo("42");
        assertThat(lines.getFirst().path("is_main_result").asBoolean()).isTrue();
        assertThat(lines.getFirst().path("extra").isEmpty()).isTrue();
        assertThat(box.cell("{\"code\":\"n\",\"context_id\":\"python\"}")
                        .getFirst()
                        .path("text")
                        .asText())
                .isEqualTo("41");
    }

    @Test
    void textAndPicturesAreLines() throws Exception {
        JsonNode text = box.cell("{\"code\":\"print('a')\"}").getFirst();
        assertThat(text.path("type").asText()).isEqualTo("stdout");
        assertThat(text.path("text").asText()).isEqualTo("a\n");
        assertThat(text.path("timestamp").asText()).isNotEmpty();
        JsonNode picture = box.cell(
                        "{\"code\":\"from IPython import display; display.Image(b'pixels', format='png')\"}")
                .getFirst();
        assertThat(picture.path("png").asText())
                .isEqualTo(Base64.getEncoder()
                        .encodeToString("pixels".getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
    }

    @Test
    void errorsAreLines() throws Exception {
        List<JsonNode> lines = box.cell("{\"code\":\"raise ValueError('no')\"}");
        assertThat(types(lines)).containsExactly("error", "number_of_executions", "end_of_execution");
        assertThat(lines.getFirst().path("name").asText()).isEqualTo("ValueError");
        assertThat(lines.getFirst().path("value").asText()).isEqualTo("no");
        assertThat(box.cell("{\"code\":\"import os; os._exit(3)\"}")
                        .getFirst()
                        .path("value")
                        .asText())
                .isEqualTo("exit code 3");
    }

    @Test
    void contextsAreMadeListedAndRemoved() throws Exception {
        assertThat(box.interpreter("GET", "/health", "").text()).isEqualTo("\"OK\"");
        assertThat(box.interpreter("GET", "/contexts", "").json().findValuesAsText("id"))
                .containsExactly("python");
        Answer made = box.interpreter("POST", "/contexts", "{\"language\":\"bash\",\"cwd\":\"/tmp\"}");
        String id = made.json().path("id").asText();
        assertThat(made.json().path("language").asText()).isEqualTo("bash");
        assertThat(made.json().path("cwd").asText()).isEqualTo("/tmp");
        assertThat(box.interpreter("GET", "/contexts", "").json().findValuesAsText("id"))
                .containsExactly("python", id);
        assertThat(box.cell("{\"code\":\"n = 1\",\"context_id\":\"" + id + "\"}"))
                .hasSize(2);
        assertThat(box.interpreter("POST", "/contexts/" + id + "/restart", "").status())
                .isEqualTo(200);
        assertThat(box.cell("{\"code\":\"n\",\"context_id\":\"" + id + "\"}")
                        .getFirst()
                        .path("name")
                        .asText())
                .isEqualTo("NameError");
        assertThat(box.interpreter("DELETE", "/contexts/" + id, "").status()).isEqualTo(200);
        assertThat(box.interpreter("DELETE", "/contexts/" + id, "").status()).isEqualTo(404);
        assertThat(box.interpreter("POST", "/contexts/" + id + "/restart", "").status())
                .isEqualTo(404);
    }

    @Test
    void theFirstCellReplacesWhatIsListed() throws Exception {
        assertThat(box.cell("{\"code\":\"n = 1\"}")).hasSize(2);
        JsonNode contexts = box.interpreter("GET", "/contexts", "").json();
        assertThat(contexts.findValuesAsText("language")).containsExactly("python");
        String id = contexts.at("/0/id").asText();
        assertThat(id).isNotEqualTo("python");
        // A client may still have the id that was listed.
        assertThat(box.interpreter("POST", "/contexts/python/restart", "").status())
                .isEqualTo(200);
        assertThat(box.cell("{\"code\":\"n\",\"context_id\":\"python\"}")
                        .getFirst()
                        .path("name")
                        .asText())
                .isEqualTo("NameError");
        assertThat(box.interpreter("DELETE", "/contexts/python", "").status()).isEqualTo(200);
        assertThat(box.interpreter("GET", "/contexts", "").json().findValuesAsText("id"))
                .containsExactly("python");
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /execute, '{', 400",
        "POST, /execute, '', 400",
        "POST, /execute, '{\"code\":1}', 400",
        "POST, /execute, '{\"code\":\"1\",\"language\":1}', 400",
        "POST, /execute, '{\"code\":\"1\",\"env_vars\":{\"A\":1}}', 400",
        "POST, /execute, '{\"code\":\"1\",\"env_vars\":{\"A=B\":\"\"}}', 400",
        "POST, /execute, '{\"code\":\"1\",\"context_id\":\"a\",\"language\":\"python\"}', 400",
        "POST, /execute, '{\"code\":\"1\",\"context_id\":\"none\"}', 400",
        "POST, /execute, '{\"code\":\"1\",\"language\":\"cobol\"}', 501",
        "POST, /contexts, '{\"language\":\"cobol\"}', 501",
        "POST, /contexts, '{\"cwd\":\"a\\u0000b\"}', 400",
        "POST, /contexts, '{\"cwd\":[]}', 400",
        "DELETE, /contexts/none, '', 400",
        "DELETE, /contexts/%00, '', 400",
        "PATCH, /contexts, '', 404",
        "GET, /execute, '', 404",
    })
    void aWrongRequestIsNamed(String method, String path, String body, int status) throws Exception {
        Answer answer = api.send(box.request(ServedE2b.INTERPRETER, path)
                .method(method, java.net.http.HttpRequest.BodyPublishers.ofString(body)));
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.text()).doesNotContain("Exception");
    }
}

package io.neurovisor.e2b.envd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.neurovisor.e2b.Box;
import io.neurovisor.e2b.BoxFixture;
import io.neurovisor.e2b.ServedE2b;
import io.neurovisor.e2b.ServedE2b.Answer;
import io.neurovisor.engine.process.ProcessStream;
import io.neurovisor.engine.process.TerminalSize;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EnvdProcessesTest extends BoxFixture {
    private Answer call(String method, String message) throws IOException, InterruptedException {
        return box.call("process.Process/" + method, message);
    }

    private List<JsonNode> start(String process) throws IOException, InterruptedException {
        return box.stream("process.Process/Start", process);
    }

    /** Starts a process whose events are read in the background. */
    private CompletableFuture<List<JsonNode>> background(String process) {
        CompletableFuture<List<JsonNode>> events = new CompletableFuture<>();
        Thread _ = Thread.ofVirtual().start(() -> {
            try {
                events.complete(start(process));
            } catch (IOException | InterruptedException failure) {
                events.completeExceptionally(failure);
            }
        });
        return events;
    }

    /** Starts a process, and returns when it runs. */
    private CompletableFuture<List<JsonNode>> running(String command, String tag) throws InterruptedException {
        CountDownLatch runs = new CountDownLatch(1);
        api.guest().fakeProcesses().on("wait", (arguments, io) -> {
            runs.countDown();
            if (arguments.contains("sleep")) {
                new CountDownLatch(1).await();
            }
            for (var next = io.read(); next.isPresent(); next = io.read()) {
                io.write(ProcessStream.STDOUT, next.get());
            }
            return 0;
        });
        CompletableFuture<List<JsonNode>> events =
                background("{\"process\":{\"cmd\":\"wait\",\"args\":[\"%s\"]},\"tag\":\"%s\",\"stdin\":true%s}"
                        .formatted(
                                command,
                                tag,
                                command.equals("pty") ? ",\"pty\":{\"size\":{\"cols\":80,\"rows\":24}}" : ""));
        runs.await();
        return events;
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String output(List<JsonNode> events) {
        StringBuilder text = new StringBuilder();
        events.forEach(event -> text.append(new String(
                Base64.getDecoder().decode(event.at("/event/data/stdout").asText()), StandardCharsets.UTF_8)));
        return text.toString();
    }

    private static JsonNode end(List<JsonNode> events) {
        return events.get(events.size() - 2).at("/event/end");
    }

    @Test
    void eventsComeInOrder() throws Exception {
        List<JsonNode> events = start("{\"process\":{\"cmd\":\"echo\",\"args\":[\"a\",\"b\"]}}");
        assertThat(events.getFirst().at("/event/start/pid").asInt()).isPositive();
        assertThat(output(events)).isEqualTo("a b\n");
        assertThat(end(events).path("exited").asBoolean()).isTrue();
        assertThat(end(events).path("status").asText()).isEqualTo("exit status 0");
        assertThat(end(events).has("error")).isFalse();
        assertThat(events.getLast().isEmpty()).isTrue();
    }

    @Test
    void aFailureHasItsCode() throws Exception {
        JsonNode end = end(start("{\"process\":{\"cmd\":\"false\"}}"));
        assertThat(end.path("exitCode").asInt()).isEqualTo(1);
        assertThat(end.path("error").asText()).isEqualTo("exit status 1");
    }

    @Test
    void inputIsSentUntilItIsClosed() throws Exception {
        CompletableFuture<List<JsonNode>> events = running("cat", "reader");
        String process = "{\"process\":{\"tag\":\"reader\"}";
        assertThat(call("SendInput", process + ",\"input\":{\"stdin\":\"" + base64("one ") + "\"}}")
                        .status())
                .isEqualTo(200);
        List<JsonNode> streamed = box.stream(
                "process.Process/StreamInput",
                "{\"start\":" + process + "}}",
                "{\"keepalive\":{}}",
                "{\"data\":{\"input\":{\"stdin\":\"" + base64("two ") + "\"}}}",
                "{\"data\":{\"input\":{\"stdin\":\"" + base64("x".repeat(100_000)) + "\"}}}");
        assertThat(streamed.getLast().has("error")).isFalse();
        assertThat(call("CloseStdin", process + "}").status()).isEqualTo(200);
        assertThat(output(events.get())).isEqualTo("one two " + "x".repeat(100_000));
    }

    @Test
    void theEndOfTheSandboxIsNamed() throws Exception {
        CompletableFuture<List<JsonNode>> events = running("sleep", "sleeper");
        assertThat(api.control("DELETE", "/sandboxes/" + box.id(), "").status()).isEqualTo(204);
        JsonNode error = events.get().getLast().path("error");
        assertThat(error.path("code").asText()).isEqualTo("unavailable");
        assertThat(error.path("message").asText())
                .startsWith("the sandbox was killed or reached its end of life during the call: ");
    }

    @Test
    void aSignalEndsAProcess() throws Exception {
        CompletableFuture<List<JsonNode>> events = running("sleep", "sleeper");
        JsonNode process = call("List", "{}").json().path("processes").path(0);
        assertThat(process.path("tag").asText()).isEqualTo("sleeper");
        assertThat(process.at("/config/cmd").asText()).isEqualTo("wait");
        assertThat(process.at("/config/args/0").asText()).isEqualTo("sleep");
        assertThat(call(
                                "SendSignal",
                                "{\"process\":{\"pid\":%d},\"signal\":\"SIGNAL_SIGKILL\"}"
                                        .formatted(process.path("pid").asInt()))
                        .status())
                .isEqualTo(200);
        JsonNode end = end(events.get());
        assertThat(end.path("exitCode").asInt()).isEqualTo(-1);
        assertThat(end.path("status").asText()).isEqualTo("signal: killed");
        assertThat(end.path("exited").asBoolean()).isFalse();
        assertThat(call("List", "{}").json().path("processes")).isEmpty();
    }

    @Test
    void aTerminalHasASize() throws Exception {
        CompletableFuture<List<JsonNode>> events = running("pty", "screen");
        assertThat(call("Update", "{\"process\":{\"tag\":\"screen\"},\"pty\":{\"size\":{\"cols\":100,\"rows\":30}}}")
                        .status())
                .isEqualTo(200);
        assertThat(api.guest().fakeProcesses().sizes()).containsExactly(new TerminalSize(30, 100));
        assertThat(call("Update", "{\"process\":{\"tag\":\"screen\"}}").status())
                .isEqualTo(200);
        assertThat(call("SendSignal", "{\"process\":{\"tag\":\"screen\"},\"signal\":\"SIGNAL_SIGTERM\"}")
                        .status())
                .isEqualTo(200);
        assertThat(end(events.get()).path("status").asText()).isEqualTo("signal: terminated");
    }

    @Test
    void aSecondClientConnects() throws Exception {
        CompletableFuture<List<JsonNode>> events = running("cat", "shared");
        CompletableFuture<List<JsonNode>> second = new CompletableFuture<>();
        Thread _ = Thread.ofVirtual().start(() -> {
            try {
                second.complete(box.stream("process.Process/Connect", "{\"process\":{\"tag\":\"shared\"}}"));
            } catch (IOException | InterruptedException failure) {
                second.completeExceptionally(failure);
            }
        });
        assertThat(call("CloseStdin", "{\"process\":{\"tag\":\"shared\"}}").status())
                .isEqualTo(200);
        assertThat(end(events.get()).path("status").asText()).isEqualTo("exit status 0");
        assertThat(end(second.get()).path("status").asText()).isEqualTo("exit status 0");
    }

    @ParameterizedTest
    @CsvSource({
        "'{\"process\":{\"cmd\":\"none\"}}', invalid_argument",
        "'{\"process\":{}}', invalid_argument",
        "'{}', invalid_argument",
        "'{\"process\":{\"cmd\":\"true\",\"envs\":{\"A=B\":\"\"}}}', invalid_argument",
        "'{\"process\":{\"cmd\":\"a\\u0000\"}}', invalid_argument",
        "'{\"process\":{\"cmd\":\"true\"},\"pty\":{\"size\":{\"cols\":100000,\"rows\":1}}}', invalid_argument",
        "'{\"process\":{\"cmd\":1}}', invalid_argument",
        "'{\"process\":', invalid_argument",
    })
    void aProcessThatCannotStartIsAnError(String request, String code) throws Exception {
        List<JsonNode> messages = start(request);
        assertThat(messages).hasSize(1);
        assertThat(messages.getFirst().at("/error/code").asText()).isEqualTo(code);
        assertThat(messages.getFirst().toString()).doesNotContain("Exception");
    }

    @ParameterizedTest
    @CsvSource({
        "SendInput, '{\"process\":{\"pid\":7},\"input\":{\"stdin\":\"YQ==\"}}', 404",
        "SendInput, '{\"process\":{\"pid\":7},\"input\":{\"stdin\":\"!\"}}', 400",
        "SendInput, '{\"input\":{\"stdin\":\"YQ==\"}}', 400",
        "SendSignal, '{\"process\":{\"pid\":7},\"signal\":\"SIGNAL_SIGKILL\"}', 404",
        "SendSignal, '{\"process\":{\"pid\":7},\"signal\":\"SIGNAL_NONE\"}', 400",
        "SendSignal, '{\"process\":{\"pid\":7},\"signal\":1000}', 400",
        "CloseStdin, '{\"process\":{\"tag\":\"none\"}}', 404",
        "CloseStdin, '{}', 400",
        "Update, '{\"process\":{\"tag\":\"none\"},\"pty\":{\"size\":{\"cols\":1,\"rows\":1}}}', 404",
        "None, '{}', 404",
    })
    void aCallAboutNoProcessIsAnError(String method, String message, int status) throws Exception {
        Answer answer = call(method, message);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    }

    @Test
    void aProgramEndsWithTheDeadlineOfItsCall() throws Exception {
        api.guest().fakeProcesses().on("forever", (arguments, io) -> {
            new CountDownLatch(1).await();
            return 0;
        });
        Answer answer = api.send(box.request(ServedE2b.ENVD, "/process.Process/Start")
                .header("Content-Type", "application/connect+json")
                .header("Connect-Timeout-Ms", "300")
                .POST(BodyPublishers.ofByteArray(Box.envelopes("{\"process\":{\"cmd\":\"forever\"}}"))));
        assertThat(answer.text()).contains("{\"start\":", "deadline_exceeded");
        while (call("List", "{}").json().has("processes")) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aStreamOfInputForNoProcessIsAnError() throws Exception {
        assertThat(box.stream("process.Process/StreamInput", "{\"start\":{\"process\":{\"pid\":7}}}")
                        .getFirst()
                        .at("/error/code")
                        .asText())
                .isEqualTo("not_found");
    }

    @Test
    void inputForNoProcessEndsTheStream() throws Exception {
        List<JsonNode> messages = box.stream(
                "process.Process/StreamInput",
                "{\"start\":{\"process\":{\"pid\":7}}}",
                "{\"data\":{\"input\":{\"stdin\":\"YQ==\"}}}",
                "{\"data\":{\"input\":{\"stdin\":\"YQ==\"}}}");
        assertThat(messages).hasSize(1);
        assertThat(messages.getFirst().at("/error/code").asText()).isEqualTo("not_found");
    }
}

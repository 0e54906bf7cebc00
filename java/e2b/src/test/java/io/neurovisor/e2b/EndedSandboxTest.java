package io.neurovisor.e2b;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.e2b.ServedE2b.Answer;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What requests answer whose sandbox is killed meanwhile. */
final class EndedSandboxTest extends BoxFixture {
    private static final String LOOP = "{\"code\":\"while True: pass\"}";

    private void kill() throws IOException, InterruptedException {
        assertThat(api.control("DELETE", "/sandboxes/" + box.id(), "").status()).isEqualTo(204);
    }

    /** Begins what takes until the sandbox has ended. */
    private static <A> FutureTask<A> begin(Callable<A> request) {
        FutureTask<A> task = new FutureTask<>(request);
        Thread _ = Thread.ofVirtual().start(task);
        return task;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/execute", "/contexts"})
    void anInterpreterThatStartsIsNotFound(String path) throws Exception {
        CountDownLatch starts = new CountDownLatch(1);
        CountDownLatch killed = new CountDownLatch(1);
        api.guest().fakeInterpreter().whileStarting(() -> {
            starts.countDown();
            await(killed);
        });
        FutureTask<Answer> answer =
                begin(() -> api.send(box.request(ServedE2b.INTERPRETER, path).POST(BodyPublishers.ofString(LOOP))));
        starts.await();
        kill();
        killed.countDown();
        assertThat(answer.get().status()).isEqualTo(502);
        assertThat(answer.get().problem())
                .startsWith("The sandbox was not found")
                .contains("the sandbox was killed while the request was in progress");
    }

    @Test
    void aCellThatHasSentNothingIsNotFound() throws Exception {
        FutureTask<Answer> answer = begin(
                () -> api.send(box.request(ServedE2b.INTERPRETER, "/execute").POST(BodyPublishers.ofString(LOOP))));
        awaitCell();
        kill();
        assertThat(answer.get().status()).isEqualTo(502);
        assertThat(answer.get().problem()).startsWith("The sandbox was not found");
    }

    @Test
    void aCellThatHasSentSomethingHasNoEnd() throws Exception {
        String cell = "{\"code\":\"print('sent')\\nwhile True: pass\"}";
        try (Socket socket = begin("/execute", ServedE2b.INTERPRETER, "Content-Length: " + cell.length(), cell)) {
            StringBuilder answer = new StringBuilder();
            while (answer.indexOf("sent") < 0) {
                answer.append((char) socket.getInputStream().read());
            }
            kill();
            answer.append(new String(socket.getInputStream().readAllBytes(), UTF_8));
            assertThat(answer.toString()).startsWith("HTTP/1.1 200").doesNotContain("end_of_execution");
            assertThat(answer.toString()).as("the last chunk").doesNotEndWith("0\r\n\r\n");
        }
    }

    /** Sends the beginning of a request. */
    private Socket begin(String path, int port, String header, String body) throws IOException {
        Socket socket = api.socket();
        String request =
                "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nE2b-Sandbox-Id: %s\r\nE2b-Sandbox-Port: %d\r\nX-Access-Token: %s\r\n%s\r\n\r\n%s"
                        .formatted(path, box.id(), port, box.token(), header, body);
        socket.getOutputStream().write(request.getBytes(UTF_8));
        return socket;
    }

    private void awaitCell() {
        while (api.guest().interpreter().list(Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM)).contexts().stream()
                .noneMatch(context -> context.runningCell() > 0)) {
            Thread.onSpinWait();
        }
    }

    @Test
    void anUploadIsNotFound() throws Exception {
        String headers = "Content-Type: application/octet-stream\r\nContent-Length: 200000";
        try (Socket socket = begin("/files?path=n", ServedE2b.ENVD, headers, "x".repeat(100_000))) {
            while (api.guest().files().openWriters() == 0) {
                Thread.onSpinWait();
            }
            kill();
            socket.getOutputStream().write(new byte[100_000]);
            assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                    .startsWith("HTTP/1.1 502")
                    .contains("The sandbox was not found: the sandbox was killed");
        }
    }

    @Test
    void inputForAProcessIsUnavailable() throws Exception {
        CountDownLatch starts = new CountDownLatch(1);
        CountDownLatch takes = new CountDownLatch(1);
        api.guest().fakeProcesses().on("take", (_, io) -> {
            starts.countDown();
            Optional<byte[]> _ = io.read();
            takes.countDown();
            new CountDownLatch(1).await();
            return 0;
        });
        FutureTask<?> _ = begin(() ->
                box.stream("process.Process/Start", "{\"process\":{\"cmd\":\"take\"},\"tag\":\"t\",\"stdin\":true}"));
        starts.await();
        String headers = "Content-Type: application/connect+json\r\nTransfer-Encoding: chunked";
        String input = "{\"data\":{\"input\":{\"stdin\":\"QQ==\"}}}";
        try (Socket socket = begin("/process.Process/StreamInput", ServedE2b.ENVD, headers, "")) {
            chunk(socket.getOutputStream(), "{\"start\":{\"process\":{\"tag\":\"t\"}}}");
            chunk(socket.getOutputStream(), input);
            takes.await();
            kill();
            chunk(socket.getOutputStream(), input);
            assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                    .contains("\"unavailable\"", "the sandbox was killed or reached its end of life");
        }
    }

    private static void chunk(OutputStream output, String message) throws IOException {
        byte[] envelope = Box.envelopes(message);
        output.write((Integer.toHexString(envelope.length) + "\r\n").getBytes(UTF_8));
        output.write(envelope);
        output.write("\r\n".getBytes(UTF_8));
        output.flush();
    }
}

package io.neurovisor.e2b.interpreter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SignsOfLifeTest {
    private static final String KEEP_ALIVE = "{\"type\":\"keepalive\"}\n";
    private static final String END = "{\"type\":\"end_of_execution\"}\n";
    private static final Duration SHORT = Duration.ofMillis(1);

    private final CountDownLatch sentTwice = new CountDownLatch(2);
    private final CountDownLatch disconnected = new CountDownLatch(1);
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream() {
        @Override
        public void flush() {
            sentTwice.countDown();
        }
    };

    private SignsOfLife after(Duration silence, OutputStream output) {
        return new SignsOfLife(output, silence, disconnected::countDown);
    }

    @Test
    void silenceIsInterrupted() throws Exception {
        try (SignsOfLife client = after(SHORT, sent)) {
            client.start();
            sentTwice.await();
            client.send(List.of(CellLines.end()));
        }
        assertThat(sent.toString(UTF_8)).startsWith(KEEP_ALIVE + KEEP_ALIVE);
        assertThat(sent.toString(UTF_8).replace(KEEP_ALIVE, "")).isEqualTo(END);
        assertThat(disconnected.getCount()).isEqualTo(1);
    }

    @Test
    void nothingElseIsSent() throws Exception {
        try (SignsOfLife client = after(Duration.ofHours(1), sent)) {
            client.start();
            client.send(List.of());
            client.send(List.of(CellLines.end()));
        }
        assertThat(sent.toString(UTF_8)).isEqualTo(END);
    }

    @Test
    void aClientThatHasGoneIsNoticed() throws Exception {
        OutputStream gone = new OutputStream() {
            @Override
            public void write(int octet) throws IOException {
                throw new IOException("gone");
            }
        };
        try (SignsOfLife client = after(SHORT, gone)) {
            client.start();
            disconnected.await();
            assertThatThrownBy(() -> client.send(List.of(CellLines.end()))).isInstanceOf(IOException.class);
        }
    }
}

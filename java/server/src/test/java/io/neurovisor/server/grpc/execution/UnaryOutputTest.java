package io.neurovisor.server.grpc.execution;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.proto.execution.ExecuteMetadata;
import io.neurovisor.proto.execution.ExecuteResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class UnaryOutputTest {
    /** The default limit of gRPC clients. */
    private static final int CLIENT_BYTES = 4 << 20;

    private final UnaryOutput answer = new UnaryOutput(_ -> true);

    @Test
    void validTextHasNoRawForm() {
        answer.stdout(bytes("gr\u00fc\u00dfe"));
        ExecuteResponse response = response();
        assertThat(response.getStdout()).isEqualTo("gr\u00fc\u00dfe");
        assertThat(response.getStdoutRaw().isEmpty()).isTrue();
        assertThat(response.getStdoutTruncated()).isFalse();
    }

    @Test
    void returnsInvalidTextInRawForm() {
        byte[] noText = {'a', (byte) 0xff, 'b'};
        answer.stderr(ByteBuffer.wrap(noText));
        ExecuteResponse response = response();
        assertThat(response.getStderr()).isEqualTo("a\ufffdb");
        assertThat(response.getStderrRaw().toByteArray()).isEqualTo(noText);
    }

    @Test
    void truncatesAStreamAtOneAndAHalfMebibytes() {
        answer.stdout(bytes("x".repeat((3 << 19) - 1)));
        answer.stdout(bytes("\u20ac".repeat(100)));
        ExecuteResponse response = response();
        assertThat(response.getStdout()).isEqualTo("x".repeat((3 << 19) - 1));
        assertThat(response.getStdoutRaw().isEmpty()).isTrue();
        assertThat(response.getStdoutTruncated()).isTrue();
        assertThat(response.getStderrTruncated()).isFalse();
    }

    @Test
    void leavesOutOutputBeyondTheMemoryLimit() {
        AtomicLong room = new AtomicLong(10);
        UnaryOutput small = new UnaryOutput(bytes -> bytes <= room.get() && room.addAndGet(-bytes) >= 0);
        small.stdout(bytes("begin"));
        small.stdout(bytes("too much"));
        small.stdout(bytes("end"));
        small.file("a", bytes("12345"), true);
        small.file("b", bytes("6"), true);
        ExecuteResponse response = small.response(ExecuteMetadata.getDefaultInstance());
        assertThat(response.getStdout()).isEqualTo("begin");
        assertThat(response.getStdoutTruncated()).isTrue();
        assertThat(response.getStderrTruncated()).isFalse();
        assertThat(response.getFilesList())
                .singleElement()
                .satisfies(file -> assertThat(file.getPath()).isEqualTo("a"));
        assertThat(response.getSkippedFilesList())
                .singleElement()
                .satisfies(file -> assertThat(file.getPath()).isEqualTo("b"));
        assertThat(response.getSkippedTotal()).isEqualTo(1);
    }

    @Test
    void theResponseNeverExceedsTheClientsLimit() {
        byte[] noText = new byte[70 << 20];
        Arrays.fill(noText, (byte) 0xff);
        answer.stdout(ByteBuffer.wrap(noText));
        answer.stderr(ByteBuffer.wrap(noText));
        for (int file = 0; file < 1000; file++) {
            answer.file("\u20ac".repeat(300) + file, ByteBuffer.wrap(new byte[1000]), true);
        }
        ExecuteResponse response = response();
        assertThat(response.getSerializedSize()).isLessThan(CLIENT_BYTES);
        assertThat(response.getFilesCount() + response.getSkippedTotal()).isEqualTo(1000);
        assertThat(response.getFilesCount()).isPositive();
        assertThat(response.getSkippedFilesList()).hasSize(16);
    }

    @Test
    void skipsAFileThatDoesNotFit() {
        answer.file("small", ByteBuffer.wrap(new byte[10]), true);
        for (int part = 0; part < 80; part++) {
            answer.file("large", ByteBuffer.wrap(new byte[64 << 10]), part == 79);
        }
        answer.file("empty", ByteBuffer.allocate(0), true);
        ExecuteResponse response = response();
        assertThat(response.getFilesList()).extracting("path").containsExactly("small", "empty");
        assertThat(response.getSkippedFiles(0).getPath()).isEqualTo("large");
        assertThat(response.getSkippedTotal()).isEqualTo(1);
    }

    private ExecuteResponse response() {
        return answer.response(ExecuteMetadata.getDefaultInstance());
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}

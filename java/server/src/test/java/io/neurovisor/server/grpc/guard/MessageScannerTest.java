package io.neurovisor.server.grpc.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.InputFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class MessageScannerTest {
    @Test
    void countsTheFieldsOfAllMessages() throws IOException {
        ExecuteRequest request = ExecuteRequest.newBuilder()
                .setLanguage("python")
                .putEnv("NAME", "value")
                .addFiles(InputFile.newBuilder().setPath("a").setContent(ByteString.copyFromUtf8("content")))
                .setTimeoutSecs(3)
                .build();
        // language; env with key and value; files with path and content; timeout.
        assertThat(fields(request.toByteArray())).isEqualTo(8);
        assertThat(fields(new byte[0])).isZero();
    }

    @Test
    void limitsTextButNotData() throws IOException {
        ExecuteRequest data = ExecuteRequest.newBuilder()
                .setStdin(UnsafeByteOperations.unsafeWrap(new byte[64 << 20]))
                .build();
        assertThat(fields(data.toByteArray())).isEqualTo(1);
        ExecuteRequest text = ExecuteRequest.newBuilder()
                .setCode("#".repeat(MessageScanner.MOST_TEXT_BYTES + 1))
                .build();
        assertThatThrownBy(() -> fields(text.toByteArray()))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        refusal -> assertThat(refusal.argument()).isEqualTo("code"))
                .hasMessageContaining("16777217 bytes");
    }

    @Test
    void rejectsAMessageWithTooManyFieldsBeforeParsing() {
        byte[] files = new byte[2 * (MessageScanner.MOST_FIELDS + 1)];
        for (int at = 0; at < files.length; at += 2) {
            files[at] = ExecuteRequest.FILES_FIELD_NUMBER << 3 | 2;
        }
        assertThatThrownBy(() -> fields(files)).hasMessageContaining("more than 100000 fields");
    }

    @Test
    void reportsBytesThatAreNotAMessage() {
        for (byte[] bytes : new byte[][] {{0}, {11, 12}, {10, 5, 'x'}, {10, -1, -1, -1, -1, 15}, {50, 3, 10, 9, 'x'}}) {
            assertThatThrownBy(() -> fields(bytes))
                    .as(Arrays.toString(bytes))
                    .isInstanceOf(InvalidProtocolBufferException.class);
        }
    }

    private static int fields(byte[] bytes) throws IOException {
        return MessageScanner.fields(ExecuteRequest.getDescriptor(), new ByteArrayInputStream(bytes));
    }
}

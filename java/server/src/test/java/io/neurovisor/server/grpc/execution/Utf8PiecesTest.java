package io.neurovisor.server.grpc.execution;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class Utf8PiecesTest {
    private final List<ByteString> pieces = new ArrayList<>();
    private final Utf8Pieces stream = new Utf8Pieces(pieces::add);

    @Test
    void textCutAnywhereStaysValid() {
        byte[] text = "a\u00e9\u20ac\ud83d\ude00z".getBytes(StandardCharsets.UTF_8);
        for (int cut = 0; cut <= text.length; cut++) {
            pieces.clear();
            stream.add(ByteBuffer.wrap(text, 0, cut));
            stream.add(ByteBuffer.wrap(text, cut, text.length - cut));
            stream.end();
            assertThat(pieces).allMatch(ByteString::isValidUtf8);
            assertThat(ByteString.copyFrom(pieces).toByteArray()).isEqualTo(text);
        }
    }

    @Test
    void invalidBytesPassUnchanged() {
        byte[] bytes = {'a', (byte) 0xff, (byte) 0xc3, '(', (byte) 0xe2, (byte) 0x82};
        for (int cut = 0; cut <= bytes.length; cut++) {
            pieces.clear();
            stream.add(ByteBuffer.wrap(bytes, 0, cut));
            stream.add(ByteBuffer.wrap(bytes, cut, bytes.length - cut));
            stream.end();
            assertThat(ByteString.copyFrom(pieces).toByteArray()).isEqualTo(bytes);
        }
    }

    @Test
    void holdsBackAtMostOneCharacter() {
        stream.add(ByteBuffer.wrap(new byte[] {(byte) 0xf0, (byte) 0x9f, (byte) 0x98}));
        assertThat(pieces).isEmpty();
        stream.add(ByteBuffer.wrap(new byte[] {(byte) 0x80}));
        assertThat(pieces).hasSize(1);
        stream.add(ByteBuffer.wrap(new byte[] {(byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80}));
        assertThat(pieces).hasSize(2);
    }
}

package io.neurovisor.tests.hostile.guest;

import com.google.protobuf.MessageLite;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Builds valid and invalid HTTP/2 frames (RFC 9113) with HPACK blocks (RFC 7541) and gRPC messages. */
public final class ForgedFrames {
    public static final int DATA = 0;
    static final int HEADERS = 1;
    static final int PRIORITY = 2;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PUSH_PROMISE = 5;
    public static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int ACK = 1;
    static final int END_STREAM = 1;
    public static final int END_HEADERS = 4;
    static final int PADDED = 8;

    static final int HEADER_BYTES = 9;

    private ForgedFrames() {}

    public static byte[] frame(int type, int flags, int stream, byte[] payload) {
        return concat(header(payload.length, type, flags, stream), payload);
    }

    /** Returns the header of a frame; its length may be wrong. */
    static byte[] header(int length, int type, int flags, int stream) {
        return ByteBuffer.allocate(HEADER_BYTES)
                .put((byte) (length >> 16))
                .putShort((short) length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .array();
    }

    static byte[] settings(long... identifiersAndValues) {
        ByteBuffer payload = ByteBuffer.allocate(identifiersAndValues.length * 3);
        for (int i = 0; i < identifiersAndValues.length; i += 2) {
            payload.putShort((short) identifiersAndValues[i]).putInt((int) identifiersAndValues[i + 1]);
        }
        return frame(SETTINGS, 0, 0, payload.array());
    }

    static byte[] windowUpdate(int stream, int increment) {
        return frame(WINDOW_UPDATE, 0, stream, number(increment));
    }

    static byte[] reset(int stream, int code) {
        return frame(RST_STREAM, 0, stream, number(code));
    }

    public static byte[] goAway(int lastStream, int code, String reason) {
        return frame(GOAWAY, 0, 0, concat(number(lastStream), number(code), latin(reason)));
    }

    public static byte[] headers(int stream, int flags, String... namesAndValues) {
        return frame(HEADERS, flags, stream, block(namesAndValues));
    }

    /** Returns a header block of literals without indexing. */
    static byte[] block(String... namesAndValues) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            block.write(0);
            string(block, namesAndValues[i]);
            string(block, namesAndValues[i + 1]);
        }
        return block.toByteArray();
    }

    /** Returns a header block with one indexed literal and many references to it. */
    static byte[] bomb(int valueBytes, int references) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.write(0x40);
        string(block, "a");
        string(block, "x".repeat(valueBytes));
        for (int i = 0; i < references; i++) {
            block.write(0x80 | 62);
        }
        return block.toByteArray();
    }

    static byte[] message(MessageLite message) {
        return message(0, message.toByteArray());
    }

    static byte[] message(int compressed, byte[] content) {
        return concat(prefix(compressed, content.length), content);
    }

    /** Returns the prefix of a gRPC message; its length may be wrong. */
    static byte[] prefix(int compressed, int length) {
        return ByteBuffer.allocate(5).put((byte) compressed).putInt(length).array();
    }

    static byte[] number(int number) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
    }

    static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            whole.writeBytes(part);
        }
        return whole.toByteArray();
    }

    public static byte[] repeat(byte[] part, int times) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream(part.length * times);
        for (int i = 0; i < times; i++) {
            whole.writeBytes(part);
        }
        return whole.toByteArray();
    }

    private static void string(ByteArrayOutputStream block, String text) {
        byte[] bytes = latin(text);
        if (bytes.length < 127) {
            block.write(bytes.length);
        } else {
            block.write(127);
            int rest = bytes.length - 127;
            for (; rest >= 128; rest >>= 7) {
                block.write((rest & 127) | 128);
            }
            block.write(rest);
        }
        block.writeBytes(bytes);
    }
}

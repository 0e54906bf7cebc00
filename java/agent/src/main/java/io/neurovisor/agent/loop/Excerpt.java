package io.neurovisor.agent.loop;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** The beginning and the end of an output of any length. */
public final class Excerpt {
    public static final Excerpt EMPTY = new Excerpt(new byte[0], new byte[0], 0);

    private static final int SHOWN_BYTES = 16;

    /** Control characters that occur in text. */
    private static final String TEXT_CONTROLS = "\n\r\t\f\b\u001b";

    private final byte[] head;
    private final byte[] tail;
    private final long totalBytes;

    /** Creates an excerpt; {@code tail} follows {@code head} directly if both together have {@code totalBytes}. */
    Excerpt(byte[] head, byte[] tail, long totalBytes) {
        this.head = head.clone();
        this.tail = tail.clone();
        this.totalBytes = totalBytes;
    }

    /** Returns an excerpt that contains the whole text. */
    public static Excerpt of(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new Excerpt(bytes, new byte[0], bytes.length);
    }

    public long totalBytes() {
        return totalBytes;
    }

    public boolean isEmpty() {
        return totalBytes == 0;
    }

    /**
     * Returns about {@code maxCharacters} at most: the beginning, a note on how much was cut, and the end. Binary output is described
     * instead of shown.
     */
    public String text(int maxCharacters) {
        String first = decode(head);
        String last = decode(tail);
        if (isBinary(first) || isBinary(last)) {
            return "(" + totalBytes + " bytes that are no text, beginning with "
                    + HexFormat.ofDelimiter(" ").formatHex(head, 0, Math.min(head.length, SHOWN_BYTES)) + ")";
        }
        boolean isWhole = head.length + (long) tail.length == totalBytes;
        if (isWhole) {
            return cut(decode(joined()), maxCharacters);
        }
        int half = maxCharacters / 2;
        String begin = first.substring(0, Math.min(first.length(), half));
        String end = last.substring(Math.max(0, last.length() - half));
        return begin + mark(totalBytes - bytes(begin) - bytes(end)) + end;
    }

    private static String cut(String text, int maxCharacters) {
        if (text.length() <= maxCharacters) {
            return text;
        }
        int half = maxCharacters / 2;
        String begin = text.substring(0, half);
        String end = text.substring(text.length() - half);
        return begin + mark(bytes(text) - bytes(begin) - bytes(end)) + end;
    }

    private static String mark(long bytes) {
        return "\n[... " + bytes + " bytes cut ...]\n";
    }

    private byte[] joined() {
        return ByteBuffer.allocate(head.length + tail.length)
                .put(head)
                .put(tail)
                .array();
    }

    private static long bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    /** Decodes the bytes without a character that the cut has split. */
    private static String decode(byte[] bytes) {
        int from = 0;
        while (from < Math.min(3, bytes.length) && (bytes[from] & 0xC0) == 0x80) {
            from++;
        }
        CharBuffer text = CharBuffer.allocate(bytes.length);
        StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE)
                .decode(ByteBuffer.wrap(bytes, from, bytes.length - from), text, false);
        return text.flip().toString();
    }

    /** Returns whether the output contains NUL, or more than a tenth of it is not text. */
    private static boolean isBinary(String text) {
        long strange = text.chars()
                .filter(character -> character == '\uFFFD' || (character < ' ' && TEXT_CONTROLS.indexOf(character) < 0))
                .count();
        return text.indexOf('\0') >= 0 || strange * 10 > text.length();
    }
}

package io.neurovisor.tests.e2b;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/** The bytes of a body that is not a message. */
final class OracleBytes {
    private static final Pattern ESCAPE = Pattern.compile("\\\\(x[0-9a-f]{2}|.)");
    private static final int HEX = 16;

    private OracleBytes() {}

    /** Returns the bytes of a text with {@code \r}, {@code \n}, {@code \t} and {@code \xHH}. */
    static byte[] unescaped(String text) {
        return ESCAPE.matcher(text)
                .replaceAll(escape -> Matcher.quoteReplacement(character(escape.group(1))))
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String character(String escape) {
        return switch (escape.charAt(0)) {
            case 'r' -> "\r";
            case 'n' -> "\n";
            case 't' -> "\t";
            case 'x' -> Character.toString(Integer.parseInt(escape.substring(1), HEX));
            default -> escape;
        };
    }

    static byte[] gzipped(byte[] bytes) throws IOException {
        ByteArrayOutputStream result = new ByteArrayOutputStream();
        try (GZIPOutputStream compressed = new GZIPOutputStream(result)) {
            compressed.write(bytes);
        }
        return result.toByteArray();
    }
}

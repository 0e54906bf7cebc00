package io.neurovisor.agent.calls;

/** Decodes the escapes that JSON and Python share; leaves others unchanged. */
final class StringEscapes {
    private StringEscapes() {}

    static String decode(String written) {
        StringBuilder text = new StringBuilder(written.length());
        int position = 0;
        while (position < written.length()) {
            char current = written.charAt(position);
            if (current != '\\' || position + 1 == written.length()) {
                text.append(current);
                position++;
            } else {
                position += decode(written, position, text);
            }
        }
        return text.toString();
    }

    /** Appends the decoded escape and returns its length in characters. */
    private static int decode(String written, int position, StringBuilder text) {
        char escaped = written.charAt(position + 1);
        switch (escaped) {
            case 'n' -> text.append('\n');
            case 't' -> text.append('\t');
            case 'r' -> text.append('\r');
            case '"', '\'', '\\', '/' -> text.append(escaped);
            case '\n' -> {} // A continued line.
            case 'u' -> {
                return unicode(written, position, text);
            }
            default -> text.append('\\').append(escaped);
        }
        return 2;
    }

    private static int unicode(String written, int position, StringBuilder text) {
        int end = position + 6;
        if (end <= written.length()) {
            String digits = written.substring(position + 2, end);
            if (digits.chars().allMatch(digit -> Character.digit(digit, 16) >= 0)) {
                text.append((char) Integer.parseInt(digits, 16));
                return 6;
            }
        }
        text.append("\\u");
        return 2;
    }
}

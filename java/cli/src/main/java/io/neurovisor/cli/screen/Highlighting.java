package io.neurovisor.cli.screen;

import io.neurovisor.engine.program.Language;
import java.util.Set;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/**
 * Colours comments, strings, numbers and keywords of a program in a single pass, which takes linear time on hostile text. Written
 * by hand because libraries need Swing, or grammars of regular expressions that backtrack.
 */
public final class Highlighting {
    private static final AttributedStyle COMMENT = AttributedStyle.DEFAULT.faint();
    private static final AttributedStyle STRING = AttributedStyle.DEFAULT.foreground(AttributedStyle.GREEN);
    private static final AttributedStyle NUMBER = AttributedStyle.DEFAULT.foreground(AttributedStyle.YELLOW);
    private static final AttributedStyle WORD = AttributedStyle.DEFAULT.foreground(AttributedStyle.MAGENTA);

    private final Language language;
    private final Set<String> words;
    private final String code;
    private final AttributedStringBuilder coloured = new AttributedStringBuilder();
    private int position;

    private Highlighting(Language language, String code) {
        this.language = language;
        this.words = Keywords.of(language);
        this.code = code;
    }

    /** Returns the same text with colours. The caller must have removed control characters. */
    public static AttributedString of(Language language, String code) {
        return new Highlighting(language, code).coloured();
    }

    private AttributedString coloured() {
        while (position < code.length()) {
            char next = code.charAt(position);
            if (startsComment()) {
                take(endOfComment(), COMMENT);
            } else if (startsString(next)) {
                take(endOfString(next), STRING);
            } else if (isWordPart(next)) {
                int end = endOfWord();
                take(end, styleOfWord(code.substring(position, end)));
            } else {
                take(position + 1, AttributedStyle.DEFAULT);
            }
        }
        return coloured.toAttributedString();
    }

    private void take(int end, AttributedStyle style) {
        coloured.append(code.substring(position, end), style);
        position = end;
    }

    private boolean startsComment() {
        return switch (language) {
            case PYTHON -> code.startsWith("#", position);
            // Not a comment within a word: ${name#prefix}.
            case BASH ->
                code.startsWith("#", position) && (position == 0 || Character.isWhitespace(code.charAt(position - 1)));
            case JAVASCRIPT, GO, RUST -> code.startsWith("//", position) || code.startsWith("/*", position);
        };
    }

    private int endOfComment() {
        if (code.startsWith("/*", position)) {
            return endOf("*/", position + 2);
        }
        int end = code.indexOf('\n', position);
        return end < 0 ? code.length() : end;
    }

    private boolean startsString(char next) {
        return switch (next) {
            case '"' -> true;
            // In Rust it also marks lifetimes.
            case '\'' -> language != Language.RUST || isRustCharacter();
            case '`' -> language == Language.JAVASCRIPT || language == Language.GO;
            default -> false;
        };
    }

    private boolean isRustCharacter() {
        return code.startsWith("\\", position + 1) || code.startsWith("'", position + 2);
    }

    private int endOfString(char quote) {
        String triple = String.valueOf(quote).repeat(3);
        if (language == Language.PYTHON && code.startsWith(triple, position)) {
            return endOf(triple, position + 3);
        }
        boolean hasEscapes =
                !(language == Language.BASH && quote == '\'') && !(language == Language.GO && quote == '`');
        boolean hasLines = quote == '`' || language == Language.BASH || language == Language.RUST;
        for (int index = position + 1; index < code.length(); index++) {
            char current = code.charAt(index);
            if (current == '\\' && hasEscapes) {
                index++;
            } else if (current == quote) {
                return index + 1;
            } else if (current == '\n' && !hasLines) {
                return index;
            }
        }
        return code.length();
    }

    private int endOf(String mark, int from) {
        int index = code.indexOf(mark, from);
        return index < 0 ? code.length() : index + mark.length();
    }

    private int endOfWord() {
        int end = position;
        while (end < code.length() && isWordPart(code.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean isWordPart(char character) {
        return character == '_' || Character.isLetterOrDigit(character);
    }

    private AttributedStyle styleOfWord(String word) {
        if (Character.isDigit(word.charAt(0))) {
            return NUMBER;
        }
        return words.contains(word) ? WORD : AttributedStyle.DEFAULT;
    }
}

package io.neurovisor.cli.screen;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A terminal that supports only the control sequences that a screen may write; any other fails the test. */
public final class FakeTerminal implements Consumer<String> {
    /** Styles, erasing to the right of the cursor, and saving and restoring the cursor. */
    private static final Pattern ALLOWED = Pattern.compile("\u001b(?:\\[([0-9;]*m|K)|[78])");

    private final List<StringBuilder> lines = new ArrayList<>(List.of(new StringBuilder()));
    private final StringBuilder raw = new StringBuilder();
    private int column;
    private int keptColumn;
    private int keptLine;

    @Override
    public void accept(String text) {
        raw.append(text);
        Matcher sequence = ALLOWED.matcher(text);
        int index = 0;
        while (index < text.length()) {
            char character = text.charAt(index);
            if (character == '\u001b') {
                if (!sequence.region(index, text.length()).lookingAt()) {
                    throw new AssertionError("escape sequence at " + index + " of " + quoted(text));
                }
                obey(sequence.group());
                index = sequence.end();
            } else {
                put(character, text);
                index++;
            }
        }
    }

    private void obey(String sequence) {
        switch (sequence.charAt(sequence.length() - 1)) {
            case 'K' ->
                lines.getLast().setLength(Math.min(column, lines.getLast().length()));
            case '7' -> {
                keptColumn = column;
                keptLine = lines.size();
            }
            case '8' -> {
                if (keptLine != lines.size()) {
                    throw new AssertionError("the cursor goes back to another line");
                }
                column = keptColumn;
            }
            default -> {}
        }
    }

    private void put(char character, String text) {
        if (character == '\n') {
            lines.add(new StringBuilder());
            column = 0;
        } else if (character == '\r') {
            column = 0;
        } else if (Character.isISOControl(character) && character != '\t') {
            throw new AssertionError("control " + (int) character + " in " + quoted(text));
        } else {
            StringBuilder line = lines.getLast();
            if (column < line.length()) {
                line.setCharAt(column, character);
            } else {
                line.append(character);
            }
            column++;
        }
    }

    /** Returns the visible lines. */
    public List<String> lines() {
        return lines.stream()
                .map(StringBuilder::toString)
                .map(String::stripTrailing)
                .toList();
    }

    /** Returns everything that was written. */
    public String raw() {
        return raw.toString();
    }

    private static String quoted(String text) {
        return text.replace("\u001b", "ESC");
    }
}

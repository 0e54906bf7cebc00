package io.neurovisor.bench.problems;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A task with an answer that can be checked.
 *
 * @param name the name on the command line
 * @param expected a word or a number that a right answer contains
 */
public record Problem(String name, String task, String expected) {
    /** A thousands separator: 1,234 and 1 234 mean 1234. */
    private static final Pattern SEPARATOR = Pattern.compile("(?<=\\d)[,_ \u00a0\u202f](?=\\d{3}(?!\\d))");

    public boolean isSolvedBy(String answer) {
        String words = SEPARATOR.matcher(answer.toLowerCase(Locale.ROOT)).replaceAll("");
        String wanted = Pattern.quote(expected.toLowerCase(Locale.ROOT));
        return Pattern.compile("(?<![\\w.-])(?:0x)?" + wanted + "(?![\\w]|\\.\\d)")
                .matcher(words)
                .find();
    }
}

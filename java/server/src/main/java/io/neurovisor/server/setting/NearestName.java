package io.neurovisor.server.setting;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Finds the name that a mistyped one most likely stands for. */
public final class NearestName {
    private static final int MAX_EDITS = 3;

    private NearestName() {}

    /** Returns the nearest candidate, or empty if none is similar. */
    public static Optional<String> of(String written, List<String> candidates) {
        // With more than half of its letters wrong it is another name.
        int most = Math.min(MAX_EDITS, Math.ceilDiv(written.length(), 2));
        if (written.length() > MAX_EDITS + longest(candidates)) {
            return Optional.empty();
        }
        return candidates.stream()
                .filter(candidate -> edits(written, candidate) <= most)
                .min(Comparator.comparingInt(candidate -> edits(written, candidate)));
    }

    private static int longest(List<String> candidates) {
        return candidates.stream().mapToInt(String::length).max().orElse(0);
    }

    /** Levenshtein distance: insertions, deletions, replacements. */
    private static int edits(String from, String to) {
        int[] previous = new int[to.length() + 1];
        for (int column = 0; column < previous.length; column++) {
            previous[column] = column;
        }
        for (int row = 1; row <= from.length(); row++) {
            int[] current = new int[previous.length];
            current[0] = row;
            for (int column = 1; column < current.length; column++) {
                int replaced = previous[column - 1] + (from.charAt(row - 1) == to.charAt(column - 1) ? 0 : 1);
                current[column] = Math.min(replaced, 1 + Math.min(previous[column], current[column - 1]));
            }
            previous = current;
        }
        return previous[to.length()];
    }
}

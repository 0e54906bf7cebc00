package io.neurovisor.server.setting;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.commons.text.similarity.DamerauLevenshteinDistance;

/** Finds the name that a mistyped one most likely stands for. */
public final class NearestName {
    private static final int MAX_EDITS = 3;

    /** With more wrong letters it is another name: {@code stop} does not stand for {@code setup}. */
    private static final int LETTERS_PER_EDIT = 3;

    private NearestName() {}

    /** Returns the nearest candidate, or empty if none is similar. */
    public static Optional<String> of(String written, List<String> candidates) {
        DamerauLevenshteinDistance edits =
                new DamerauLevenshteinDistance(Math.clamp(written.length() / LETTERS_PER_EDIT, 1, MAX_EDITS));
        return candidates.stream()
                .filter(candidate -> edits.apply(written, candidate) >= 0)
                .min(Comparator.comparingInt(candidate -> edits.apply(written, candidate)));
    }
}

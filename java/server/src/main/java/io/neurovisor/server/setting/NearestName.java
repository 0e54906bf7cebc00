package io.neurovisor.server.setting;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.commons.text.similarity.JaroWinklerSimilarity;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Finds the name that a mistyped one most likely stands for. */
public final class NearestName {
    private static final int MAX_EDITS = 3;

    /** Less similar is another name: {@code stop} is not {@code setup} (0.80), but {@code rnu} is {@code run} (0.90). */
    private static final double LEAST_SIMILARITY = 0.83;

    private NearestName() {}

    /** Returns the nearest candidate, or empty if none is similar. */
    public static Optional<String> of(String written, List<String> candidates) {
        // With more than half of its letters wrong it is another name.
        LevenshteinDistance edits = new LevenshteinDistance(Math.min(MAX_EDITS, Math.ceilDiv(written.length(), 2)));
        return candidates.stream()
                .filter(candidate -> edits.apply(written, candidate) >= 0)
                .filter(candidate -> new JaroWinklerSimilarity().apply(written, candidate) >= LEAST_SIMILARITY)
                .min(Comparator.comparingInt(candidate -> edits.apply(written, candidate)));
    }
}

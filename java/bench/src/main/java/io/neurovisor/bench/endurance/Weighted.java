package io.neurovisor.bench.endurance;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** One of several kinds, which is as frequent as its weight. */
public interface Weighted {
    int weight();

    /** Returns a random kind, in proportion to the weights. */
    static <K extends Weighted> K next(RandomGenerator random, K[] kinds) {
        int point =
                random.nextInt(Arrays.stream(kinds).mapToInt(Weighted::weight).sum());
        for (K kind : kinds) {
            point -= kind.weight();
            if (point < 0) {
                return kind;
            }
        }
        throw new IllegalStateException("the weights do not add up");
    }
}

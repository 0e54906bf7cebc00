package io.neurovisor.bench.endurance;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** What a client asks for. */
enum Kind {
    /** A line of a warm interpreter. */
    GREETING(5),
    /** Three megabytes of output. */
    OUTPUT(1),
    /** An exit code of its own. */
    FAILURE(1),
    /** A program that is stopped by its time. */
    TIMEOUT(1),
    /** A client that goes away while its program runs. */
    GONE(1),
    /** One execution by one key, asked for by several. */
    KEYED(3);

    private final int weight;

    Kind(int weight) {
        this.weight = weight;
    }

    /** Each as often as its weight says. */
    static Kind next(RandomGenerator random) {
        int point = random.nextInt(
                Arrays.stream(values()).mapToInt(kind -> kind.weight).sum());
        for (Kind kind : values()) {
            point -= kind.weight;
            if (point < 0) {
                return kind;
            }
        }
        throw new IllegalStateException("no kind at that point");
    }
}

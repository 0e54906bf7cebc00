package io.neurovisor.bench.endurance;

import java.util.random.RandomGenerator;

/** The kinds of requests. */
enum RequestKind implements Weighted {
    /** A program for a warm interpreter that prints one line. */
    GREETING(5),
    /** Three megabytes of output. */
    OUTPUT(1),
    /** A program with an exit code other than 0. */
    FAILURE(1),
    /** A program that exceeds its time limit. */
    TIMEOUT(1),
    /** A client that disconnects while its program runs. */
    GONE(1),
    /** One execution with an idempotency key, which several clients ask for. */
    KEYED(3);

    private final int weight;

    RequestKind(int weight) {
        this.weight = weight;
    }

    static RequestKind next(RandomGenerator random) {
        return Weighted.next(random, values());
    }

    @Override
    public int weight() {
        return weight;
    }
}

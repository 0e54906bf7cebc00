package io.neurovisor.server.metrics;

/** The upper bounds of classic histograms. Native histograms, which newer servers prefer, need none. */
final class Buckets {
    private Buckets() {}

    static double[] seconds() {
        return new double[] {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
    }

    static double[] bytes() {
        return new double[] {100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 80 << 20};
    }

    /** Covers the default limit of ten. */
    static double[] iterations() {
        return new double[] {1, 2, 3, 5, 7, 10, 20, 50};
    }
}

package io.neurovisor.tests;

/** How much of what could be run is: what an everyday test run has time for, or by {@code ./neurovisor test --long} all. */
final class Extent {
    private static final boolean LONG = "true".equals(System.getenv("NEUROVISOR_TEST_LONG"));

    private Extent() {}

    static boolean isLong() {
        return LONG;
    }
}

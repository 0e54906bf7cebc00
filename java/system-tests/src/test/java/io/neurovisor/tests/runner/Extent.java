package io.neurovisor.tests.runner;

/** The extent of a test run: a selection of variants in the short tier, all of them in the long tier. */
public final class Extent {
    private static final boolean LONG = "true".equals(System.getenv("NEUROVISOR_TEST_LONG"));

    private Extent() {}

    public static boolean isLong() {
        return LONG;
    }
}

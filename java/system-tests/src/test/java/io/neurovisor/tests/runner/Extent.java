package io.neurovisor.tests.runner;

/** How many variants of a case run: those that the short tier has time for, or all of them in the long tier. */
public final class Extent {
    private static final boolean LONG = "true".equals(System.getenv("NEUROVISOR_TEST_LONG"));

    private Extent() {}

    public static boolean isLong() {
        return LONG;
    }
}

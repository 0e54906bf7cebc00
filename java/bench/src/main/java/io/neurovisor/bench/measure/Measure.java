package io.neurovisor.bench.measure;

/** What values are counted in. */
public enum Measure {
    MILLISECONDS("ms"),
    MACHINES_PER_SECOND("VM/s"),
    MEBIBYTES("MiB"),
    MEBIBYTES_PER_SECOND("MiB/s");

    private final String unit;

    Measure(String unit) {
        this.unit = unit;
    }

    public String unit() {
        return unit;
    }
}

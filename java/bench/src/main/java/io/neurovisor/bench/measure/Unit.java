package io.neurovisor.bench.measure;

/** The unit of a measured value. */
public enum Unit {
    MILLISECONDS("ms"),
    MACHINES_PER_SECOND("VM/s"),
    MEBIBYTES("MiB"),
    MEBIBYTES_PER_SECOND("MiB/s");

    private final String symbol;

    Unit(String symbol) {
        this.symbol = symbol;
    }

    public String symbol() {
        return symbol;
    }
}

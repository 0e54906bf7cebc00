package io.neurovisor.cli.speed;

/** What values are counted in. */
enum Measure {
    MILLISECONDS("ms"),
    MACHINES_PER_SECOND("VM/s"),
    MEBIBYTES("MiB"),
    MEBIBYTES_PER_SECOND("MiB/s");

    private final String unit;

    Measure(String unit) {
        this.unit = unit;
    }

    String unit() {
        return unit;
    }
}

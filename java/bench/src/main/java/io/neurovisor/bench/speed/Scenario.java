package io.neurovisor.bench.speed;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The scenarios. Each compares the product with the alternatives that a user would consider. */
public enum Scenario {
    /** A request to a machine that is ready, per language, until the last byte; and the share of the host in it. */
    WARM,
    /** Machines that are cloned on request. */
    CLONE,
    /** Start of the command, with and without a daemon, and start of the daemon. */
    START,
    /** A hundred simultaneous requests. */
    BURST,
    /** Fresh machines in a row, one per processor at a time. */
    SUSTAINED,
    /** Memory of idle machines. */
    DENSITY,
    /** Throughput of output and of input files. */
    TRANSFER,
    /** The wait of requests for their line of the audit log. */
    AUDIT,
    /** Living sandboxes: creation, processes, files, memory, and executions of a daemon that has them. */
    SANDBOX,
    /** Cells of the code interpreter, and the memory of its contexts. */
    INTERPRETER,
    /** E2B's API beside the service's own calls, and what its port takes. */
    E2B,
    /** Machines that are booted instead of cloned. */
    BOOT,
    /** The first command after installation, which makes the template. */
    TEMPLATE;

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Scenario> labelled(String label) {
        return Arrays.stream(values())
                .filter(scenario -> scenario.label().equals(label))
                .findFirst();
    }

    /** Returns the labels of the scenarios that {@code --quick} measures: those with targets, and the throughput. */
    public static List<String> quickLabels() {
        return Stream.of(WARM, CLONE, START, BURST, SUSTAINED, DENSITY, TRANSFER)
                .map(Scenario::label)
                .toList();
    }

    /** Returns the labels of the scenarios of a whole run. */
    public static List<String> wholeLabels() {
        return Stream.of(values())
                .filter(scenario -> !scenario.isSeparate())
                .map(Scenario::label)
                .toList();
    }

    /** Returns the scenarios that are no part of a whole run. */
    public static List<Scenario> separate() {
        return Stream.of(values()).filter(Scenario::isSeparate).toList();
    }

    /** Returns whether the scenario is measured and published separately. */
    private boolean isSeparate() {
        return this == SANDBOX || this == INTERPRETER || this == E2B;
    }

    public static List<String> labels() {
        return Arrays.stream(values()).map(Scenario::label).toList();
    }
}

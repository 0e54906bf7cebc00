package io.neurovisor.bench.speed;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What is measured, each beside what one would take instead. */
public enum Scenario {
    /** Request to last byte in a machine that waits, per language, and what of it is not the guest's. */
    WARM,
    /** Machines made when they are asked for. */
    CLONE,
    /** The command, with a daemon and without, and the daemon itself. */
    START,
    /** A hundred requests at once. */
    BURST,
    /** Fresh machines one after the other, as many as there are processors at a time. */
    SUSTAINED,
    /** Memory of machines that wait. */
    DENSITY,
    /** Bytes out of a program and files into one. */
    TRANSFER,
    /** Machines that are booted and not cloned. */
    BOOT,
    /** The first command of all, which makes the template. */
    TEMPLATE;

    /** As options have it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Empty for what is no scenario. */
    public static Optional<Scenario> labelled(String label) {
        return Arrays.stream(values())
                .filter(scenario -> scenario.label().equals(label))
                .findFirst();
    }

    /** Those that have targets, and the bytes out and in. */
    public static List<String> quickLabels() {
        return Stream.of(WARM, CLONE, START, BURST, SUSTAINED, DENSITY, TRANSFER)
                .map(Scenario::label)
                .toList();
    }

    /** All of them. */
    public static List<String> labels() {
        return Arrays.stream(values()).map(Scenario::label).toList();
    }
}

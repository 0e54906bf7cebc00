package io.neurovisor.host.image;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Which kernel guests shall boot. */
public enum KernelChoice {
    /** The small one when it is built and current, else Debian's. */
    AUTO,
    DEBIAN,
    /** The small one or nothing. */
    SMALL;

    /** The name used in flags. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static KernelChoice named(String name) {
        return Arrays.stream(values())
                .filter(choice -> choice.label().equals(name))
                .findFirst()
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.INVALID_ARGUMENT,
                        "--kernel \"" + name + "\" is not known; use one of "
                                + Arrays.stream(values())
                                        .map(KernelChoice::label)
                                        .collect(Collectors.joining(", "))));
    }
}

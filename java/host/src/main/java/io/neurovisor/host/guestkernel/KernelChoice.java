package io.neurovisor.host.guestkernel;

import java.util.Locale;

/** The user's choice of the guest kernel. */
public enum KernelChoice {
    /** The small kernel if it is built and current, otherwise Debian's. */
    AUTO,
    DEBIAN,
    /** The small kernel only. */
    SMALL;

    /** Returns the name for flags. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}

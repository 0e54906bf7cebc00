package io.neurovisor.engine.vm;

/**
 * How often a guest is booted that ends, or stands still, while it boots. A kernel that is emulated on a busy host may
 * measure its timer wrongly, and its agent then ends the machine.
 */
public final class Boots {
    public static final int MAX = 3;

    private Boots() {}
}

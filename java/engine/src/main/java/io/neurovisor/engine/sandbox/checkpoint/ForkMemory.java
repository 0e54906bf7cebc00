package io.neurovisor.engine.sandbox.checkpoint;

/** How the copies of a sandbox get the memory that it has changed. */
public enum ForkMemory {
    /** Each copy loads all changed pages into its own memory. */
    SEPARATE,
    /** Template and changes are made one memory, which all copies map. */
    SHARED;

    /**
     * Chooses the way that takes less. Making one memory costs the time and space of all of the guest's memory once; without
     * it, each copy costs those of the changed pages.
     *
     * @param copies their number
     * @param changedBytes the memory that the sandbox has changed
     * @param memoryBytes the memory of the guest
     * @param spareBytes the memory of the host that no machine can take, neither the copies nor others
     */
    public static ForkMemory of(int copies, long changedBytes, long memoryBytes, long spareBytes) {
        boolean isWorthIt = copies > 1 && copies * changedBytes > memoryBytes / 2;
        return isWorthIt && spareBytes >= memoryBytes ? SHARED : SEPARATE;
    }
}

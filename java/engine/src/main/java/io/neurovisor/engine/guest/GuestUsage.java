package io.neurovisor.engine.guest;

/**
 * What a guest uses.
 *
 * @param cpuSeconds the time for which its processors were busy, in all, since its boot
 */
public record GuestUsage(
        double cpuSeconds,
        long memoryUsedBytes,
        long memoryTotalBytes,
        long memoryCacheBytes,
        long diskUsedBytes,
        long diskTotalBytes,
        int processes) {}

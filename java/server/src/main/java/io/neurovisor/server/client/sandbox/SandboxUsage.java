package io.neurovisor.server.client.sandbox;

import java.time.Instant;

/**
 * One measurement of a sandbox.
 *
 * @param cpuPercent of all its processors, 0 to 100
 */
public record SandboxUsage(
        Instant time,
        int vcpuCount,
        double cpuPercent,
        long memoryUsedBytes,
        long memoryTotalBytes,
        long memoryCacheBytes,
        long diskUsedBytes,
        long diskTotalBytes,
        int processes) {}

package io.neurovisor.host.spawner;

/**
 * The resource limits of a VMM with all its processes, enforced if cgroup v2 is available.
 *
 * @param memoryMaxBytes memory.max; beyond it the whole group is killed
 * @param cpuPerMille cpu.max, in thousandths of a processor
 * @param pidsMax pids.max, which includes threads
 */
public record VmmLimits(long memoryMaxBytes, int cpuPerMille, int pidsMax) {
    public VmmLimits {
        if (memoryMaxBytes <= 0 || cpuPerMille <= 0 || pidsMax <= 0) {
            throw new IllegalArgumentException("limits of %d bytes, %d thousandths of a processor and %d tasks"
                    .formatted(memoryMaxBytes, cpuPerMille, pidsMax));
        }
    }
}

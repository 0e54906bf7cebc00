package io.neurovisor.host.spawner;

/**
 * What a VMM with all its processes may take, where cgroup v2 can hold it to that.
 *
 * @param memoryMaxBytes memory.max; whoever wants more is killed as a whole
 * @param cpuPerMille cpu.max, in thousandths of one processor
 * @param pidsMax pids.max, which counts threads too
 */
public record VmmLimits(long memoryMaxBytes, int cpuPerMille, int pidsMax) {
    public VmmLimits {
        if (memoryMaxBytes <= 0 || cpuPerMille <= 0 || pidsMax <= 0) {
            throw new IllegalArgumentException("limits of %d bytes, %d thousandths of a processor and %d tasks"
                    .formatted(memoryMaxBytes, cpuPerMille, pidsMax));
        }
    }
}

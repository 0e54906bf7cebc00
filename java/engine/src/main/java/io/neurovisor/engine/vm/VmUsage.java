package io.neurovisor.engine.vm;

/**
 * Counters of a machine's control group (cgroup v2, {@code Documentation/admin-guide/cgroup-v2.rst} of Linux).
 *
 * @param memoryBytes the memory in use: {@code memory.current}
 * @param throttledPeriods the number of periods in which it was throttled: {@code nr_throttled}
 */
public record VmUsage(long memoryBytes, long throttledPeriods) {}

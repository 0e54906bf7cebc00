package io.neurovisor.engine.vm;

/**
 * What a machine's control group has counted (cgroup v2, {@code Documentation/admin-guide/cgroup-v2.rst} of Linux).
 *
 * @param memoryBytes what it uses at this moment: {@code memory.current}
 * @param throttledPeriods in how many periods it was stopped because it had used its processor time: {@code nr_throttled}
 */
public record VmUsage(long memoryBytes, long throttledPeriods) {}

package io.neurovisor.host.probe;

import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import java.util.List;

/**
 * Layer 2: the seccomp filters of a VMM.
 *
 * @param filterCount the number of its own filters that each thread must have
 * @param inherited the number of further filters that every child of this process inherits from a service manager
 *     or container engine; these allow calls that a VMM must not make
 */
record SeccompReading(int filterCount, long inherited) {
    LayerState read(List<ThreadStatus> threads) {
        if (threads.stream().allMatch(thread -> thread.seccompMode().isEmpty())) {
            return LayerState.off(Layer.SECCOMP, "this kernel has no seccomp", "a kernel with CONFIG_SECCOMP_FILTER=y");
        }
        long open = threads.stream().filter(thread -> !thread.isFiltered()).count();
        if (open > 0) {
            return LayerState.broken(
                    Layer.SECCOMP, open + " of " + threads.size() + " threads have no filter", VmmLayers.DEFECT);
        }
        if (threads.stream().anyMatch(thread -> thread.seccompFilters().isEmpty())) {
            return LayerState.off(
                    Layer.SECCOMP,
                    "filters on all threads, but this kernel does not report how many",
                    "Linux 5.9 or newer");
        }
        long fewest = threads.stream()
                        .mapToLong(thread -> thread.seccompFilters().orElseThrow())
                        .min()
                        .orElseThrow()
                - inherited;
        return fewest >= filterCount
                ? LayerState.live(Layer.SECCOMP, fewest + " filters on each of " + threads.size() + " threads")
                : LayerState.broken(
                        Layer.SECCOMP,
                        "filters on a thread: " + fewest + ", expected: " + filterCount,
                        VmmLayers.DEFECT);
    }
}

package io.neurovisor.host.probe;

import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.vm.VmUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Layer 3: the control group limits of a VMM. */
final class CgroupReading {
    private static final int MEBIBYTE_BITS = 20;
    private static final String THROTTLED = "nr_throttled ";

    private final HostFiles files;
    private final UnifiedHierarchy hierarchy;

    CgroupReading(HostFiles files) {
        this.files = files;
        this.hierarchy = UnifiedHierarchy.read(files);
    }

    /** @param problem why the spawner has not made a group; empty if it has */
    LayerState read(LiveProcess process, String problem) {
        Optional<UnifiedHierarchy.Unavailable> unavailable = hierarchy.unavailable();
        if (unavailable.isPresent()) {
            return LayerState.off(
                    Layer.CGROUP, unavailable.get().reason(), unavailable.get().fix());
        }
        if (!problem.isEmpty()) {
            return LayerState.off(Layer.CGROUP, problem, hierarchy.delegation());
        }
        Optional<String> group = hierarchy.groupOf(process);
        if (group.isEmpty() || group.equals(hierarchy.groupOf(LiveProcess.self(files)))) {
            return LayerState.broken(Layer.CGROUP, "the VMM is not in its own cgroup", VmmLayers.DEFECT);
        }
        List<String> unlimited = unlimited(group.get());
        return unlimited.isEmpty()
                ? LayerState.live(Layer.CGROUP, limits(group.get()))
                : LayerState.broken(
                        Layer.CGROUP, group.get() + " does not set " + String.join(", ", unlimited), VmmLayers.DEFECT);
    }

    /** Returns the counters of the process's own group; empty if it has none or is gone. */
    Optional<VmUsage> usage(LiveProcess process) {
        if (hierarchy.unavailable().isPresent()) {
            return Optional.empty();
        }
        return hierarchy
                .groupOf(process)
                .filter(group -> !hierarchy.groupOf(LiveProcess.self(files)).equals(Optional.of(group)))
                .flatMap(group ->
                        files.number(group + "/memory.current").map(memory -> new VmUsage(memory, throttled(group))));
    }

    private long throttled(String group) {
        return files.lines(group + "/cpu.stat").stream()
                .filter(line -> line.startsWith(THROTTLED))
                .map(line -> Long.parseLong(line.substring(THROTTLED.length())))
                .findFirst()
                .orElse(0L);
    }

    private List<String> unlimited(String group) {
        List<String> unlimited = new ArrayList<>();
        for (String limit : List.of("memory.max", "pids.max")) {
            if (files.number(group + "/" + limit).isEmpty()) {
                unlimited.add(limit);
            }
        }
        if (!cpu(group).matches("\\d+ \\d+")) {
            unlimited.add("cpu.max");
        }
        // A kernel without swap does not have this file.
        if (files.exists(group + "/memory.swap.max") && !holds(group + "/memory.swap.max", 0)) {
            unlimited.add("memory.swap.max");
        }
        if (!holds(group + "/memory.oom.group", 1)) {
            unlimited.add("memory.oom.group");
        }
        return unlimited;
    }

    private boolean holds(String file, long value) {
        return files.number(file).filter(number -> number == value).isPresent();
    }

    private String cpu(String group) {
        return files.text(group + "/cpu.max").orElse("");
    }

    private String limits(String group) {
        return "memory.max %d MiB, cpu.max %s, pids.max %d in %s"
                .formatted(
                        files.number(group + "/memory.max").orElseThrow() >> MEBIBYTE_BITS,
                        cpu(group).replace(' ', '/'),
                        files.number(group + "/pids.max").orElseThrow(),
                        group);
    }
}

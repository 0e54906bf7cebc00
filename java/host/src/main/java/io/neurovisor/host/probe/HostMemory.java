package io.neurovisor.host.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * The memory available to virtual machines: the least of what the kernel can provide without swapping and of what each
 * control group above this process allows, minus the possible growth of this process and {@link #RESERVE_BYTES}. A
 * value that cannot be read is not a limit.
 */
public final class HostMemory {
    /** Reserved for other processes of the host. */
    public static final long RESERVE_BYTES = 256L << 20;

    /** The limit of a control group of version 1 that has none: the largest number of whole pages. */
    private static final long UNLIMITED = Long.MAX_VALUE & -4096L;

    private final HostFiles files;
    private final List<Group> groups;
    private final JvmMemory process;

    /**
     * A control group that may limit memory.
     *
     * @param limits the files with its limits
     * @param usage the file with its usage, which includes caches that the kernel can drop
     * @param dropped the names of these caches in {@code memory.stat}
     */
    private record Group(String directory, List<String> limits, String usage, List<String> dropped) {
        static Group unified(String directory) {
            return new Group(
                    directory,
                    List.of("memory.max", "memory.high"),
                    "memory.current",
                    List.of("active_file", "inactive_file"));
        }

        static Group versionOne(String directory) {
            return new Group(
                    directory,
                    List.of("memory.limit_in_bytes"),
                    "memory.usage_in_bytes",
                    List.of("total_active_file", "total_inactive_file"));
        }
    }

    private HostMemory(HostFiles files, List<Group> groups, JvmMemory process) {
        this.files = files;
        this.groups = List.copyOf(groups);
        this.process = process;
    }

    /**
     * Returns the memory of the host that the files describe, with the control groups of this process.
     *
     * @param process the memory that this process may still take
     */
    public static HostMemory of(HostFiles files, JvmMemory process) {
        LiveProcess self = LiveProcess.self(files);
        List<Group> groups = new ArrayList<>();
        for (Mount mount : self.mounts().orElse(List.of())) {
            if (mount.type().equals("cgroup2")) {
                self.unifiedCgroup()
                        .ifPresent(group ->
                                upwards(mount, group).forEach(directory -> groups.add(Group.unified(directory))));
            } else if (mount.type().equals("cgroup") && mount.superOptions().contains("memory")) {
                self.memoryCgroup()
                        .ifPresent(group ->
                                upwards(mount, group).forEach(directory -> groups.add(Group.versionOne(directory))));
            }
        }
        return new HostMemory(files, groups, process);
    }

    /** Returns what machines can take now, never negative; {@link Long#MAX_VALUE} if it is unknown. */
    public long availableBytes() {
        return Stream.concat(machine().stream().boxed(), groups.stream().flatMap(this::left))
                .min(Long::compare)
                .map(bytes -> Math.max(0, Math.max(0, bytes) - RESERVE_BYTES - process.growthBytes()))
                .orElse(Long.MAX_VALUE);
    }

    private OptionalLong machine() {
        return files.lines("/proc/meminfo").stream()
                .filter(line -> line.startsWith("MemAvailable:"))
                .map(HostFiles::kibibytes)
                .findFirst()
                .orElse(OptionalLong.empty());
    }

    /** Returns what a group allows beyond its usage; empty if it has no limit. */
    private Stream<Long> left(Group group) {
        return group.limits().stream()
                .map(limit -> group.directory() + "/" + limit)
                .filter(files::exists)
                .flatMap(limit -> files.number(limit).stream())
                .filter(limit -> limit >= 0 && limit < UNLIMITED)
                .map(limit -> limit - taken(group));
    }

    private long taken(Group group) {
        long usage = Math.max(
                0, files.number(group.directory() + "/" + group.usage()).orElse(0L));
        long dropped = files.lines(group.directory() + "/memory.stat").stream()
                .map(line -> line.split(" ", 2))
                .filter(fields -> fields.length == 2 && group.dropped().contains(fields[0]))
                .mapToLong(fields -> HostFiles.parseNumber(fields[1]).orElse(0L))
                .filter(bytes -> bytes > 0 && bytes <= usage)
                .sum();
        return usage - Math.min(usage, dropped);
    }

    /** Returns the directories of a group and its ancestors. */
    private static List<String> upwards(Mount mount, String group) {
        String below = UnifiedHierarchy.below(mount, group);
        List<String> directories = new ArrayList<>(List.of(mount.point()));
        // The name of a group outside of the mount begins with /.., and its limits cannot be read.
        if (!below.startsWith("/") || List.of(below.split("/", -1)).contains("..")) {
            return directories;
        }
        for (String directory = below; !directory.isEmpty(); directory = parent(directory)) {
            directories.add(mount.point() + directory);
        }
        return directories;
    }

    private static String parent(String directory) {
        return directory.substring(0, directory.lastIndexOf('/'));
    }
}

package io.neurovisor.host.probe;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * The memory that is there for virtual machines: the least of what the kernel has without swapping and of what each control
 * group above this process still allows, less what this process may still take itself and {@link #RESERVE_BYTES}. What cannot
 * be read bounds nothing.
 */
public final class HostMemory {
    /** For what else the host runs. */
    public static final long RESERVE_BYTES = 256L << 20;

    private final HostFiles files;
    private final List<Group> groups;
    private final JvmMemory process;

    /**
     * A control group that may hold memory down.
     *
     * @param limits the files that say to how much
     * @param usage the file that says how much is taken, of which {@code dropped} the kernel gives back when it has to
     * @param dropped the names of what is cached of files, in {@code memory.stat}
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
        this.files = requireNonNull(files, "files is null");
        this.groups = List.copyOf(groups);
        this.process = requireNonNull(process, "process is null");
    }

    /**
     * That of the machine that the files describe, with the control groups in which this process is now.
     *
     * @param process what this process may take itself
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

    /** What machines may take of it at this moment, never less than nothing; {@link Long#MAX_VALUE} when nobody can say. */
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

    /** What a group allows beyond what is taken; nothing where it allows everything. */
    private Stream<Long> left(Group group) {
        return group.limits().stream()
                .flatMap(limit -> files.number(group.directory() + "/" + limit).stream())
                .filter(limit -> limit >= 0)
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

    /** The directories of a group and of those that it is in. */
    private static List<String> upwards(Mount mount, String group) {
        String below = UnifiedHierarchy.below(mount, group);
        List<String> directories = new ArrayList<>(List.of(mount.point()));
        // A group outside of what is mounted begins with /.. and has its limits where nobody can read them.
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

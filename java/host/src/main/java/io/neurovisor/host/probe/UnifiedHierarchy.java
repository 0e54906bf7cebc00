package io.neurovisor.host.probe;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** The cgroup v2 hierarchy of this host, and whether it can be used to limit virtual machines. */
public final class UnifiedHierarchy {
    private static final List<String> NEEDED = List.of("cpu", "memory", "pids");

    private final HostFiles files;
    private final List<Mount> mounts;

    private UnifiedHierarchy(HostFiles files, List<Mount> mounts) {
        this.files = files;
        this.mounts = List.copyOf(mounts);
    }

    /** Reads the current mounts. */
    public static UnifiedHierarchy read(HostFiles files) {
        return new UnifiedHierarchy(files, LiveProcess.self(files).mounts().orElse(List.of()));
    }

    /**
     * The reason why virtual machines cannot be limited.
     *
     * @param reason a few words
     * @param fix how to change that
     */
    public record Unavailable(String reason, String fix) {}

    /** Returns the cgroup mode of this host: {@code v2}, {@code hybrid}, {@code v1} or {@code none}. */
    public String mode() {
        boolean one = mounts.stream().anyMatch(mount -> mount.type().equals("cgroup"));
        return mount().map(mount -> one ? "hybrid" : "v2").orElse(one ? "v1" : "none");
    }

    /** Returns the controllers of version 2; without them it cannot limit anything. */
    public List<String> controllers() {
        return mount().flatMap(mount -> files.text(mount.point() + "/cgroup.controllers"))
                .map(text -> Arrays.stream(text.split("\\s+", -1))
                        .filter(name -> !name.isEmpty())
                        .toList())
                .orElse(List.of());
    }

    /** Returns why virtual machines cannot be limited; absent if they can. */
    public Optional<Unavailable> unavailable() {
        return missing()
                .or(() -> Stream.concat(mount().map(Mount::point).stream(), groupOf(LiveProcess.self(files)).stream())
                                .anyMatch(this::takesGroups)
                        ? Optional.empty()
                        : Optional.of(new Unavailable("no part of cgroup v2 is delegated to this user", delegation())));
    }

    /** Returns what this host lacks for the limits of any user; absent if nothing. */
    Optional<Unavailable> missing() {
        if (mount().isEmpty()) {
            return Optional.of(new Unavailable("no cgroup v2", bootFix()));
        }
        List<String> controllers = controllers();
        List<String> missing =
                NEEDED.stream().filter(name -> !controllers.contains(name)).toList();
        if (missing.isEmpty()) {
            return Optional.empty();
        }
        boolean hybrid = mode().equals("hybrid");
        return Optional.of(new Unavailable(
                "cgroup v2 lacks the controllers " + String.join(", ", missing)
                        + (hybrid ? ", because cgroup v1 uses them" : ""),
                hybrid ? bootFix() : "enable them for the service or container in which NeuroVisor runs"));
    }

    /** Returns the command that starts NeuroVisor in a delegated group; empty without systemd. */
    String delegation() {
        if (!hasSystemd()) {
            return "";
        }
        boolean root = LiveProcess.self(files).status().uid().equals(OptionalLong.of(0));
        return "systemd-run " + (root ? "" : "--user ") + "--scope -p Delegate=yes ./neurovisor ...";
    }

    private String bootFix() {
        return hasSystemd()
                ? "boot with cgroup_no_v1=all systemd.unified_cgroup_hierarchy=1 on the kernel's line"
                : "boot with cgroup_no_v1=all on the kernel's line and mount cgroup2 at /sys/fs/cgroup";
    }

    private boolean hasSystemd() {
        return files.exists("/run/systemd/system");
    }

    /** Returns the directory of a process's group. */
    Optional<String> groupOf(LiveProcess process) {
        return mount().flatMap(mount -> process.unifiedCgroup().map(group -> mount.point() + below(mount, group)));
    }

    /** In a container the name of the group may begin above the mount. */
    static String below(Mount mount, String group) {
        String root = mount.root().equals("/") ? "" : mount.root();
        String relative = group.startsWith(root) ? group.substring(root.length()) : group;
        return relative.equals("/") ? "" : relative;
    }

    private boolean takesGroups(String directory) {
        return files.isWritable(directory) && files.isWritable(directory + "/cgroup.procs");
    }

    private Optional<Mount> mount() {
        return mounts.stream().filter(mount -> mount.type().equals("cgroup2")).findFirst();
    }
}

package io.neurovisor.server;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.build.BuildNamespace;
import io.neurovisor.host.ebpf.EbpfLayer;
import io.neurovisor.host.probe.EbpfReading;
import io.neurovisor.host.probe.EbpfSupport;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.spawner.SpawnerProgram;
import io.neurovisor.host.spawner.SystemUsers;
import io.neurovisor.host.spawner.UidRange;
import io.neurovisor.server.config.Config;
import io.neurovisor.server.config.Setting;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a NeuroVisor is opened with.
 *
 * @param home where the programs and recipes lie: the root of the repository
 * @param config what the user has set
 */
public record Settings(Path home, Config config) {
    private static final ToolCommand BUBBLEWRAP = ToolCommand.of("bwrap", "bubblewrap");

    public Settings {
        requireNonNull(config, "config is null");
        home = home.toAbsolutePath();
    }

    Path dataDir() {
        return config.dataDir();
    }

    Path guestAgent() {
        return home.resolve("target/x86_64-unknown-linux-gnu/release/neurovisor-guest-agent");
    }

    Path spawner() {
        return home.resolve("target/x86_64-unknown-linux-gnu/release/neurovisor-spawner");
    }

    /** How the spawner is started to serve. Fails where VMMs cannot be jailed. */
    public SpawnerProgram spawnerProgram() {
        return new SpawnerProgram(
                spawner(),
                BUBBLEWRAP
                        .find()
                        .orElseThrow(() -> new NeuroVisorException(
                                Fault.JAIL_FAILED,
                                BUBBLEWRAP.program()
                                        + " is not in PATH, and no VMM runs outside a jail; install package "
                                        + BUBBLEWRAP.debianPackage() + ", or let ./neurovisor setup do it")),
                isRoot() ? Optional.of(free(Setting.VM_UIDS, config.vmUids())) : Optional.empty(),
                ebpf().isInForce() ? Optional.of(ebpfObject()) : Optional.empty());
    }

    /** How layer 5 is to be read, as far as that can be said without asking the kernel. */
    public EbpfReading ebpf() {
        return EbpfLayer.expected(config.ebpf(), new EbpfSupport(HostFiles.SYSTEM).reading(isRoot(), ebpfObject()));
    }

    /** What {@code ./neurovisor bpf build} makes. */
    private Path ebpfObject() {
        return home.resolve("target/bpf/vmm.bpf.o");
    }

    /** In which scripts of packages run while images are built. Fails where root's ids for them belong to a user. */
    BuildNamespace buildNamespace() {
        if (!isRoot()) {
            return new BuildNamespace.OfUser();
        }
        return config.imageUids()
                .<BuildNamespace>map(ids -> new BuildNamespace.OfRoot(spawner(), free(Setting.IMAGE_UIDS, ids)))
                .orElseGet(BuildNamespace.None::new);
    }

    private UidRange free(Setting<?> setting, UidRange uids) {
        new SystemUsers(HostFiles.SYSTEM)
                .owner(uids)
                .or(() -> Optional.of("a VM (" + Setting.VM_UIDS.flag() + " " + config.vmUids() + ")")
                        .filter(_ -> setting.equals(Setting.IMAGE_UIDS) && uids.overlaps(config.vmUids())))
                .ifPresent(owner -> {
                    throw new NeuroVisorException(
                            Fault.INVALID_ARGUMENT,
                            setting.flag() + " " + uids + ": " + owner + " has one of them; choose others");
                });
        return uids;
    }

    private static boolean isRoot() {
        return HostFiles.SYSTEM.lines("/proc/self/status").contains("Uid:\t0\t0\t0\t0");
    }

    Path probes() {
        return dataDir().resolve("probes.properties");
    }

    Path digests() {
        return dataDir().resolve("digests");
    }

    /** Where VMMs have their root directories, on the file system of what is in them. */
    Path jails() {
        return dataDir().resolve("jails");
    }

    Path images() {
        return dataDir().resolve("images");
    }

    Path labs() {
        return dataDir().resolve("labs");
    }

    /** What agent mode has recorded. */
    public Path sessions() {
        return dataDir().resolve("sessions");
    }

    /** The keys of clients. */
    public Path access() {
        return dataDir().resolve("access");
    }

    /** Who has had what executed. */
    public Path audit() {
        return dataDir().resolve("audit");
    }

    /** Executions that clients name by a key. */
    public Path journal() {
        return dataDir().resolve("journal");
    }

    Path templates() {
        return dataDir().resolve("templates");
    }
}

package io.neurovisor.server;

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
import io.neurovisor.server.config.LogLevel;
import io.neurovisor.server.config.UidConfig;
import io.neurovisor.server.setting.Setting;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The input for opening a NeuroVisor.
 *
 * @param home the root of the repository, with programs and recipes
 * @param config the user's settings
 */
public record Settings(Path home, Config config) {
    private static final ToolCommand BUBBLEWRAP = ToolCommand.of("bwrap", "bubblewrap");

    public Settings {
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

    /** Returns how to start the spawner. Fails if VMMs cannot be jailed. */
    public SpawnerProgram spawnerProgram() {
        return new SpawnerProgram(
                spawner(),
                BUBBLEWRAP
                        .find()
                        .orElseThrow(() -> new NeuroVisorException(
                                Fault.JAIL_FAILED,
                                BUBBLEWRAP.program()
                                        + " is not in PATH, but every VMM needs a jail; install package "
                                        + BUBBLEWRAP.debianPackage() + ", or let ./neurovisor setup do it")),
                isRoot() ? Optional.of(free(UidConfig.VM_UIDS, config.uids().vms())) : Optional.empty(),
                ebpf().isInForce() ? Optional.of(ebpfObject()) : Optional.empty(),
                config.log().level() == LogLevel.ERROR);
    }

    /** Returns the state of layer 5, as far as it can be determined without asking the kernel. */
    public EbpfReading ebpf() {
        return EbpfLayer.expected(
                config.vmm().ebpf(), new EbpfSupport(HostFiles.SYSTEM).reading(isRoot(), ebpfObject()));
    }

    private Path ebpfObject() {
        return home.resolve("target/bpf/vmm.bpf.o");
    }

    /**
     * Returns the namespace for scripts of packages during image builds. Fails if a user owns one of root's ids for it.
     */
    BuildNamespace buildNamespace() {
        if (!isRoot()) {
            return new BuildNamespace.OfUser();
        }
        return config.uids()
                .images()
                .<BuildNamespace>map(ids -> new BuildNamespace.OfRoot(spawner(), free(UidConfig.IMAGE_UIDS, ids)))
                .orElseGet(BuildNamespace.None::new);
    }

    /** Throws if the settings give VMMs or image builds of root ids that are in use. */
    public void requireFreeUids() {
        if (isRoot()) {
            UidRange _ = free(UidConfig.VM_UIDS, config.uids().vms());
            BuildNamespace _ = buildNamespace();
        }
    }

    private UidRange free(Setting<?> setting, UidRange uids) {
        new SystemUsers(HostFiles.SYSTEM)
                .owner(uids)
                .or(() -> Optional.of("a VM (" + UidConfig.VM_UIDS.flag() + " "
                                + config.uids().vms() + ")")
                        .filter(_ -> setting.equals(UidConfig.IMAGE_UIDS)
                                && uids.overlaps(config.uids().vms())))
                .ifPresent(owner -> {
                    throw new NeuroVisorException(
                            Fault.INVALID_ARGUMENT,
                            setting.flag() + " " + uids + ": " + owner + " uses one of these ids; choose others");
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

    /**
     * Returns the directory of the VMMs' root directories, on the same file system as the files that are linked into
     * them.
     */
    Path jails() {
        return dataDir().resolve("jails");
    }

    Path images() {
        return dataDir().resolve("images");
    }

    Path labs() {
        return dataDir().resolve("labs");
    }

    public Path sessions() {
        return dataDir().resolve("sessions");
    }

    public Path access() {
        return dataDir().resolve("access");
    }

    public Path audit() {
        return dataDir().resolve("audit");
    }

    public Path sandboxes() {
        return dataDir().resolve("sandboxes");
    }

    public Path journal() {
        return dataDir().resolve("journal");
    }

    Path templates() {
        return dataDir().resolve("templates");
    }
}

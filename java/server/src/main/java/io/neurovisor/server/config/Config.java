package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.image.KernelChoice;
import io.neurovisor.host.spawner.UidRange;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Everything a user can set. A component's path is its name everywhere, see {@link Setting}.
 *
 * @param dataDir where images, kernels and templates are kept
 * @param image the root image that guests boot, if it has the language of the program
 * @param kernel which kernel guests boot
 * @param vmm which VMM runs guests
 * @param firecracker its executable; found where that is empty
 * @param size the size of guests
 * @param snapshot whether machines are cloned from templates; otherwise each is booted cold
 * @param timeout what a program may take
 * @param warm how many machines a server keeps ready
 * @param max how many machines may exist, whatever they are doing
 * @param acquireTimeout how long a program waits for its machine
 * @param vmUids whose users VMMs are that root starts, each another
 */
public record Config(
        Path dataDir,
        String image,
        KernelChoice kernel,
        VmmChoice vmm,
        Optional<Path> firecracker,
        SandboxSize size,
        boolean snapshot,
        Duration timeout,
        int warm,
        int max,
        Duration acquireTimeout,
        UidRange vmUids,
        CacheConfig cache,
        LogConfig log) {
    public Config {
        requireNonNull(image, "image is null");
        requireNonNull(kernel, "kernel is null");
        requireNonNull(vmm, "vmm is null");
        requireNonNull(firecracker, "firecracker is null");
        requireNonNull(size, "size is null");
        requireNonNull(timeout, "timeout is null");
        requireNonNull(acquireTimeout, "acquireTimeout is null");
        requireNonNull(vmUids, "vmUids is null");
        requireNonNull(cache, "cache is null");
        requireNonNull(log, "log is null");
        dataDir = dataDir.toAbsolutePath().normalize();
    }

    static Config of(SettingValues values) {
        return new Config(
                values.get(Setting.DATA_DIR),
                values.get(Setting.IMAGE),
                values.get(Setting.KERNEL),
                values.get(Setting.VMM),
                values.get(Setting.FIRECRACKER),
                values.get(Setting.SIZE),
                values.get(Setting.SNAPSHOT),
                values.get(Setting.TIMEOUT),
                values.get(Setting.WARM),
                values.get(Setting.MAX),
                values.get(Setting.ACQUIRE_TIMEOUT),
                values.get(Setting.VM_UIDS),
                new CacheConfig(values.get(Setting.CACHE_MAX)),
                new LogConfig(values.get(Setting.LOG_LEVEL)));
    }
}

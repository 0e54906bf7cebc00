package io.neurovisor.host.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HostMemoryTest {
    private static final long MEBIBYTE = 1 << 20;
    private static final String UNIFIED = "31 20 0:29 / /cg rw,nosuid - cgroup2 cgroup2 rw";
    private static final String VERSION_ONE = "32 20 0:30 / /mem rw - cgroup cgroup rw,memory";

    @TempDir
    private Path root;

    private KernelFiles files;

    @BeforeEach
    void hostWithFourGibibytes() {
        files = new KernelFiles(root).write("/proc/meminfo", """
                MemTotal:        8000000 kB
                MemFree:          100000 kB
                MemAvailable:    4194304 kB""");
    }

    @Test
    void leavesTheReserveOut() {
        assertThat(available()).isEqualTo(4096 - 256);
    }

    @Test
    void ignoresCachedFilesOfAGroup() {
        in(UNIFIED, "0::/a/b")
                .write("/cg/a/b/memory.max", "1073741824")
                .write("/cg/a/b/memory.current", "734003200")
                .write(
                        "/cg/a/b/memory.stat",
                        "anon 629145600\nfile 104857600\ninactive_file 62914560\nactive_file 41943040");
        assertThat(available()).isEqualTo(1024 - 700 + 100 - 256);
    }

    @Test
    void respectsTheLimitsOfEachAncestor() {
        in(UNIFIED, "0::/a/b/c")
                .write("/cg/a/b/c/memory.max", "max")
                .write("/cg/a/b/memory.high", "943718400")
                .write("/cg/a/memory.max", "838860800")
                .write("/cg/a/memory.current", "104857600");
        assertThat(available()).isEqualTo(800 - 100 - 256);
    }

    @Test
    void readsTheFilesOfCgroupVersionOne() {
        in(VERSION_ONE, "4:cpu,memory:/a\n0::/")
                .write("/mem/memory.limit_in_bytes", "9223372036854771712")
                .write("/mem/memory.usage_in_bytes", "734003200")
                .write("/mem/a/memory.limit_in_bytes", "1073741824")
                .write("/mem/a/memory.usage_in_bytes", "209715200")
                .write("/mem/a/memory.stat", "inactive_file 1\ntotal_inactive_file 104857600\ntotal_active_file 1");
        assertThat(available()).isEqualTo(1024 - 200 + 100 - 256);
    }

    @Test
    void usesTheMountedGroupInAContainer() {
        in("31 20 0:29 /docker/x /cg rw - cgroup2 cgroup2 rw", "0::/docker/x").write("/cg/memory.max", "536870912");
        assertThat(available()).isEqualTo(512 - 256);
        in(UNIFIED, "0::/../../elsewhere").write("/cg/memory.max", "629145600");
        assertThat(available()).isEqualTo(600 - 256);
    }

    @Test
    void usageBeyondTheLimitLeavesNothing() {
        in(UNIFIED, "0::/a").write("/cg/a/memory.max", "1048576").write("/cg/a/memory.current", "9223372036854775807");
        assertThat(available()).isZero();
    }

    @Test
    void ignoresMalformedFiles() {
        in(UNIFIED + "\n" + VERSION_ONE, "garbage\n0::/a\n7:memory")
                .write("/cg/a/memory.max", "-1")
                .write("/cg/a/memory.high", "lots")
                .write("/cg/a/memory.current", "-9223372036854775808");
        assertThat(available()).isEqualTo(4096 - 256);
        files.write("/cg/memory.max", "1073741824")
                .write("/cg/memory.current", "garbage")
                .write("/cg/memory.stat", "inactive_file\nactive_file -5\ninactive_file 9223372036854775807\nx y z");
        assertThat(available()).isEqualTo(1024 - 256);
    }

    @Test
    void isUnknownWithoutAnyNumber() {
        for (String odd : new String[] {"", "MemAvailable: many kB", "MemAvailable: 99999999999999999999 kB", "\0"}) {
            files.write("/proc/meminfo", odd);
            assertThat(of(new HostFiles(root), 0).availableBytes()).as(odd).isEqualTo(Long.MAX_VALUE);
        }
        assertThat(of(new HostFiles(root.resolve("none")), 0).availableBytes()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void countsOnlyUnsharedMemoryOfAProcess() {
        files.write("/proc/7/status", """
                Name:	qemu
                VmRSS:	  150000 kB
                RssAnon:	   90000 kB
                RssFile:	   59000 kB
                RssShmem:	    1000 kB""");
        assertThat(LiveProcess.of(new HostFiles(root), KernelFiles.VMM).residentBytes())
                .isEqualTo(91000L << 10);
        files.write("/proc/7/status", "RssAnon:\tx kB\nRssShmem:\t-1 kB");
        assertThat(LiveProcess.of(new HostFiles(root), KernelFiles.VMM).residentBytes())
                .isZero();
        assertThat(LiveProcess.of(new HostFiles(root), 8).residentBytes()).isZero();
    }

    @Test
    void readsThisHost() {
        assertThat(HostMemory.of(HostFiles.SYSTEM, JvmMemory.ofThisProcess(HostFiles.SYSTEM))
                        .availableBytes())
                .isBetween(0L, 1L << 50);
    }

    @Test
    void reservesTheGrowthOfThisProcess() {
        files.write("/proc/self/status", "RssAnon:\t  204800 kB");
        assertThat(of(new HostFiles(root), 1024 * MEBIBYTE).availableBytes() / MEBIBYTE)
                .isEqualTo(4096 - 256 - (1024 - 200));
        assertThat(of(new HostFiles(root), 100 * MEBIBYTE).availableBytes() / MEBIBYTE)
                .isEqualTo(4096 - 256);
        assertThat(of(new HostFiles(root), 8192 * MEBIBYTE).availableBytes()).isZero();
    }

    @Test
    void sumsTheLimitsOfThisProcess() {
        files.write(
                "/proc/self/cmdline",
                "java\0-Xmx1g\0-XX:ReservedCodeCacheSize=100m\0-XX:MaxDirectMemorySize=768M\0-XX:MaxMetaspaceSize=131072k"
                        + "\0-XX:ReservedCodeCacheSize=209715200\0Main\0");
        assertThat(JvmMemory.of(new HostFiles(root), 1024 * MEBIBYTE).maxBytes() / MEBIBYTE)
                .isEqualTo(1024 + 768 + 200 + 128);
        files.write("/proc/self/cmdline", "java\0-XX:MaxDirectMemorySize=lots\0-XX:ReservedCodeCacheSize=-1\0");
        assertThat(JvmMemory.of(new HostFiles(root), 512 * MEBIBYTE).maxBytes() / MEBIBYTE)
                .isEqualTo(512 + 512 + 48);
    }

    private static HostMemory of(HostFiles files, long processBytes) {
        return HostMemory.of(files, new JvmMemory(files, processBytes));
    }

    private KernelFiles in(String mounts, String groups) {
        return files.write("/proc/self/mountinfo", mounts).write("/proc/self/cgroup", groups);
    }

    private long available() {
        return of(new HostFiles(root), 0).availableBytes() / MEBIBYTE;
    }
}

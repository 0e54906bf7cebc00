package io.neurovisor.host.ebpf;

import com.google.protobuf.ByteString;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.spawner.EbpfPolicy;
import io.neurovisor.host.spawner.Jail;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.host.spawner.VmmExit;
import io.neurovisor.host.spawner.VmmLaunch;
import io.neurovisor.host.spawner.VmmLimits;
import io.neurovisor.host.spawner.VmmProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Tests layer 5 alone with a shell in the place of a VMM: its filter allows every system call, and its jail shows more
 * than any VMM sees. In both phases the shell attempts what no VMM does and reports the results.
 */
public final class PolicyTrial {
    /** BPF_RET of SECCOMP_RET_ALLOW: struct sock_filter of {@code linux/filter.h}. */
    private static final ByteString EVERY_CALL = ByteString.copyFrom(new byte[] {6, 0, 0, 0, 0, 0, (byte) 0xff, 0x7f});

    private static final VmmLimits LIMITS = new VmmLimits(64 << 20, 500, 16);
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Duration POLL_INTERVAL = Duration.ofMillis(10);
    private static final String LAUNCHED = "launched";

    /** A file that any user may read, so that only the policy denies it. */
    private static final Path FILE = Path.of("/etc/passwd");

    // The shell uses builtins only and never blocks. The jail has no /dev/null.
    private static final String SCRIPT = """
            attempt() {
                if eval "$2" 2>&-; then echo "$1 done"; else echo "$1 refused"; fi
            }
            attempt 'launch file' ': </etc/passwd'
            attempt 'launch system' ': </usr/lib/os-release'
            attempt 'launch socket' ': <>/dev/udp/127.0.0.1/9'
            echo launched
            while { : </usr/lib/os-release; } 2>&-; do :; done
            attempt 'sealed system' ': </usr/lib/os-release'
            attempt 'sealed socket' ': <>/dev/udp/127.0.0.1/9'
            shopt -s execfail
            exec /usr/bin/true 2>&-
            echo 'sealed program refused'
            """;

    private PolicyTrial() {}

    /**
     * Runs the trial and returns lines such as {@code sealed file refused} or {@code launch system done}. A UDP socket
     * can be connected without a peer, so only a policy denies it.
     *
     * @throws NeuroVisorException if the shell cannot be started
     */
    public static List<String> run(Spawner spawner) {
        Path shell = Path.of("/usr/bin/bash");
        VmmLaunch launch = new VmmLaunch(
                shell,
                List.of("-c", SCRIPT),
                List.of(),
                List.of(),
                new Jail(
                        List.of(Path.of("/usr"), Path.of("/lib"), Path.of("/lib64"), Path.of("/etc/ld.so.cache"), FILE),
                        EVERY_CALL,
                        0),
                LIMITS,
                Optional.of(new EbpfPolicy(false, false, ByteString.EMPTY)));
        VmmProcess process = spawner.startVmm("trial-" + ProcessHandle.current().pid(), launch);
        try {
            awaitLaunched(process);
            process.seal();
            return end(process).outputTail().lines().toList();
        } finally {
            process.kill();
        }
    }

    private static void awaitLaunched(VmmProcess process) {
        long startNanos = System.nanoTime();
        while (!process.output().contains(LAUNCHED)) {
            if (process.endsWithin(POLL_INTERVAL) || System.nanoTime() - startNanos > TIMEOUT.toNanos()) {
                throw new NeuroVisorException(
                        Fault.JAIL_FAILED,
                        "the shell that stands in for a VMM " + end(process).describe());
            }
        }
    }

    private static VmmExit end(VmmProcess process) {
        try {
            return process.exit().get(TIMEOUT.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException exception) {
            throw new NeuroVisorException(
                    Fault.JAIL_FAILED, "the shell that stands in for a VMM does not end", exception);
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted(
                    "waiting for the shell that stands in for a VMM was interrupted", exception);
        }
    }
}

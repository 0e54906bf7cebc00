package io.neurovisor.tests.commandline;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests {@code run} with real microVMs. */
final class RunIT {
    @TempDir
    Path directory;

    @ShortTier
    @Test
    void printsOnlyTheOutputOfTheProgram() {
        CommandLineRun run = CommandLineRun.of("run", "--language", "python", "-c", "print(6*7)");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("42\n");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stderr().lines()).allMatch(line -> line.startsWith("neurovisor: no KVM"));
    }

    @ShortTier
    @Test
    void streamsAreKeptApartByteForByte() throws IOException {
        Path program = Files.writeString(
                directory.resolve("script"), "#!/usr/bin/env bash\nprintf '<%s>' \"$@\"; printf 'err\\n' >&2; exit 7");
        CommandLineRun run = CommandLineRun.of("run", program.toString(), "--", "a b", "--size", "\u00fc", "");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("<a b><--size><\u00fc><>");
        assertThat(run.stderr()).endsWith("err\n");
        assertThat(run.exitCode()).isEqualTo(7);
    }

    @ShortTier
    @Test
    void strictRequiresTheNamedLayer() {
        CommandLineRun refused = CommandLineRun.of("run", "--ebpf=off", "--strict", "-l", "bash", "-c", "echo ran");
        assertThat(refused.exitCode()).isEqualTo(125);
        assertThat(refused.stdout()).doesNotContain("ran");
        assertThat(refused.stderr()).contains("which --strict requires, is off");
    }

    @ShortTier
    @Test
    void missingEbpfPreventsTheStart() {
        CommandLineRun run = CommandLineRun.of("run", "--ebpf=on", "--json=full", "-l", "bash", "-c", "echo ran");
        if (run.exitCode() == 0) {
            assertThat(run.stdout()).contains("{\"layer\":5,\"name\":\"eBPF LSM\",\"status\":\"live\"");
            return; // This machine has eBPF LSM.
        }
        assertThat(run.stdout()).doesNotContain("ran");
        assertThat(run.stderr()).contains("--ebpf on: ", "--ebpf auto goes on without");
    }

    @Test
    void reportsASignalAsAShellDoes() {
        CommandLineRun run = CommandLineRun.of("run", "-l", "bash", "-c", "echo before; kill -SEGV $$");
        assertThat(run.exitCode()).isEqualTo(139);
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("before\n");
    }

    @ShortTier
    @Test
    void timeoutKillsAllProcessesAndKeepsTheOutput() {
        CommandLineRun run = CommandLineRun.timedOut(
                2, "run", "-l", "bash", "-c", "echo partial; (setsid sleep 600 &) ; while :; do :; done");
        assertThat(run.exitCode()).isEqualTo(124);
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("partial\n");
        assertThat(run.stderr()).containsPattern("timed out after \\d+ s");
    }

    @ShortTier
    @Test
    void programRunsAsNobody() {
        CommandLineRun run = CommandLineRun.of(
                "run",
                "--strict=1,2,4",
                "-l",
                "bash",
                "-c",
                "id -u; grep -E '^(Cap|NoNewPrivs)' /proc/self/status | tr -d '\\t'; echo $NEUROVISOR_TRACE_ID;"
                        + " for d in . ~ /tmp /dev/shm; do echo x > $d/f && cat $d/f; done;"
                        + " touch /usr/f 2>/dev/null || echo refused; ls /sys/class/net");
        assertThat(run.stdout())
                .contains(
                        "1000\n",
                        "CapInh:0000000000000000",
                        "CapPrm:0000000000000000",
                        "CapEff:0000000000000000",
                        "CapBnd:0000000000000000",
                        "CapAmb:0000000000000000",
                        "NoNewPrivs:1")
                .containsPattern("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
                .endsWith("x\nx\nx\nx\nrefused\nlo\n");
    }

    @ShortTier
    @Test
    void networkFailsImmediately() {
        CommandLineRun run = CommandLineRun.of("run", "-l", "python", "--timeout", "120", "-c", """
                import socket, subprocess, time
                for attempt in (
                    lambda: socket.getaddrinfo("pypi.org", 443),
                    lambda: socket.create_connection(("1.1.1.1", 443), timeout=60),
                ):
                    begin = time.monotonic()
                    try:
                        attempt()
                    except OSError as error:
                        print(type(error).__name__, time.monotonic() - begin < 5)
                subprocess.run(["pip", "install", "rich"], check=True)
                """);
        assertThat(run.stdout()).startsWith("gaierror True\nOSError True\n");
        assertThat(run.stderr())
                .contains("No matching distribution found for rich")
                .contains("neurovisor: programs have no network; ./neurovisor image build makes an image");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @ParameterizedTest
    // The large size boots cold: a template that is used once would take ten times as long. Four emulated processors
    // may need more than the usual limit.
    @ShortTier
    @CsvSource({"small,on,1,256,185", "medium,on,2,512,410", "large,off,4,1024,850"})
    void sizeDeterminesProcessorsAndMemory(
            String size, String snapshot, int processors, int memoryMebibytes, int programMebibytes) {
        CommandLineRun run = CommandLineRun.of(
                "run",
                "--size",
                size,
                "--snapshot",
                snapshot,
                "--acquire-timeout",
                "3m",
                "-l",
                "bash",
                "-c",
                "nproc; awk '/MemTotal/ {print $2}' /proc/meminfo;"
                        + " echo $(($(cat /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/memory.max) >> 20))");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        List<Integer> seen = run.stdout().lines().map(Integer::valueOf).toList();
        assertThat(seen.get(0)).isEqualTo(processors);
        assertThat(seen.get(1) / 1024.0)
                .as("MemTotal in MiB")
                .isBetween(memoryMebibytes * 0.93, memoryMebibytes * 1.05);
        assertThat(seen.get(2)).as("MiB for the program").isBetween(programMebibytes, memoryMebibytes);
    }

    @Test
    void scientificPackagesAreThere() {
        CommandLineRun run = CommandLineRun.of(
                "run",
                "-l",
                "python",
                "--timeout",
                "120",
                "-c",
                "import numpy, pandas, matplotlib, scipy, sympy, requests, PIL; import matplotlib.pyplot as plt;"
                        + " plt.plot([1, 2]); plt.savefig('p.png'); print(int(numpy.arange(5).sum()), sympy.factorint(42))");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("10 {2: 1, 3: 1, 7: 1}\n");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
    }
}

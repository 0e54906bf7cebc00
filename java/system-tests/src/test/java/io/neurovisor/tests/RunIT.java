package io.neurovisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code run} in real microVMs. */
final class RunIT {
    @TempDir
    Path directory;

    @Test
    void printsWhatTheProgramPrintsAndNothingElse() {
        CommandLineRun run = CommandLineRun.of("run", "--language", "python", "-c", "print(6*7)");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("42\n");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stderr().lines()).allMatch(line -> line.startsWith("neurovisor: no KVM"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"python", "python3"})
    void pythonByEachOfItsNames(String name) {
        CommandLineRun run = CommandLineRun.of("run", "-l", name, "-c", "import sys; print(sys.version_info[0])");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("3\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bash", "sh", "shell"})
    void bashByEachOfItsNames(String name) {
        CommandLineRun run =
                CommandLineRun.of("run", "-l", name, "-c", "a=(1 2 3); echo ${#a[@]} ${BASH_VERSION:+bash}");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("3 bash\n");
    }

    @Test
    void languageComesFromTheSuffixAndArgumentsReachTheProgram() throws IOException {
        Path program = Files.writeString(directory.resolve("echo.py"), "import sys\nprint(sys.argv[1:])\n");
        CommandLineRun run = CommandLineRun.of("run", program.toString(), "--", "a b", "--size", "ü", "");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("['a b', '--size', 'ü', '']\n");
    }

    @Test
    void languageComesFromTheInterpreterLine() throws IOException {
        Path program = Files.writeString(directory.resolve("script"), "#!/usr/bin/env bash\necho $((6*7)) \"$1\"\n");
        CommandLineRun run = CommandLineRun.of("run", program.toString(), "--", "x");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("42 x\n");
    }

    @Test
    void streamsAreKeptApartByteForByte() {
        CommandLineRun run =
                CommandLineRun.of("run", "-l", "bash", "-c", "printf 'out no newline'; printf 'err\\n' >&2; exit 7");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("out no newline");
        assertThat(run.stderr()).endsWith("err\n");
        assertThat(run.exitCode()).isEqualTo(7);
    }

    @Test
    void strictRunsNothingWithoutALayerThatItNames() {
        CommandLineRun refused = CommandLineRun.of("run", "--ebpf=off", "--strict", "-l", "bash", "-c", "echo ran");
        assertThat(refused.exitCode()).isEqualTo(125);
        assertThat(refused.stdout()).doesNotContain("ran");
        assertThat(refused.stderr()).contains("which --strict asks for, is off");
        CommandLineRun run = CommandLineRun.of("run", "--strict=1,2,4", "-l", "bash", "-c", "echo ran");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("ran\n");
    }

    @Test
    void ebpfThatCannotBeHadIsSaidAndNothingStarts() {
        CommandLineRun run = CommandLineRun.of("run", "--ebpf=on", "--json", "-l", "bash", "-c", "echo ran");
        if (run.exitCode() == 0) {
            assertThat(run.stdout()).contains("{\"layer\":5,\"name\":\"eBPF LSM\",\"status\":\"live\"");
            return; // A machine that has it.
        }
        assertThat(run.stdout()).doesNotContain("ran");
        assertThat(run.stderr()).contains("--ebpf on: ", "--ebpf auto goes on without");
    }

    @Test
    void anExceptionIsTheProgramsOwnAffair() {
        CommandLineRun run = CommandLineRun.of("run", "-l", "python", "-c", "1/0");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.stderr()).contains("Traceback", "line 1", "ZeroDivisionError");
    }

    @ParameterizedTest
    @CsvSource({"TERM,143", "KILL,137", "SEGV,139"})
    void aSignalIsTheExitCodeAShellGives(String signal, int exitCode) {
        CommandLineRun run = CommandLineRun.of("run", "-l", "bash", "-c", "echo before; kill -" + signal + " $$");
        assertThat(run.exitCode()).isEqualTo(exitCode);
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("before\n");
    }

    @Test
    void aTimeoutKillsEverythingAndKeepsTheOutput() {
        CommandLineRun run = CommandLineRun.timedOut(
                2, "run", "-l", "bash", "-c", "echo partial; (setsid sleep 600 &) ; while :; do :; done");
        assertThat(run.exitCode()).isEqualTo(124);
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("partial\n");
        assertThat(run.stderr()).containsPattern("timed out after \\d+ s");
    }

    @Test
    void outputIsStreamedWithBackPressure() {
        CommandLineRun run = CommandLineRun.of("run", "-l", "bash", "-c", "head -c 20000000 /dev/zero | tr '\\0' x");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        assertThat(run.stdout()).hasSize(20_000_000);
    }

    @Test
    void theProgramIsNobodyAndSeesItsTraceId() {
        CommandLineRun run = CommandLineRun.of(
                "run",
                "-l",
                "bash",
                "-c",
                "id -u; grep -E '^(Cap|NoNewPrivs)' /proc/self/status | tr -d '\\t'; echo $NEUROVISOR_TRACE_ID; ls /sys/class/net");
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
                .endsWith("lo\n");
    }

    @ParameterizedTest
    // The large one cold, which is ten times as fast as making a template that is used once.
    @CsvSource({"small,on,1,256", "medium,on,2,512", "large,off,4,1024"})
    void aSizeHasItsProcessorsAndMemory(String size, String snapshot, int processors, int memoryMebibytes) {
        CommandLineRun run = CommandLineRun.of(
                "run",
                "--size",
                size,
                "--snapshot",
                snapshot,
                "-l",
                "bash",
                "-c",
                "nproc; awk '/MemTotal/ {print $2}' /proc/meminfo");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        List<Integer> seen = run.stdout().lines().map(Integer::valueOf).toList();
        assertThat(seen.get(0)).isEqualTo(processors);
        assertThat(seen.get(1) / 1024.0)
                .as("MemTotal in MiB")
                .isBetween(memoryMebibytes * 0.93, memoryMebibytes * 1.05);
    }

    @Test
    void theProgramMayWriteWhereProgramsWrite() {
        CommandLineRun run = CommandLineRun.of(
                "run",
                "-l",
                "bash",
                "-c",
                "for d in . ~ /tmp /dev/shm; do echo x > $d/f && cat $d/f; done; touch /usr/f 2>/dev/null || echo refused");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("x\nx\nx\nx\nrefused\n");
    }

    @Test
    void withoutSnapshotsAMachineIsBootedCold() {
        CommandLineRun run =
                CommandLineRun.of("run", "--snapshot=off", "--size", "small", "-l", "bash", "-c", "echo cold");
        assertThat(run.stdout()).as(run.stderr()).isEqualTo("cold\n");
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

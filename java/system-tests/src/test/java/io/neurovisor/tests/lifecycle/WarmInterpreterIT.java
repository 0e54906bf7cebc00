package io.neurovisor.tests.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.InputFile;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.tests.fixtures.FinishedProgram;
import io.neurovisor.tests.fixtures.OpenedNeuroVisor;
import io.neurovisor.tests.runner.ShortTier;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Warm interpreters in a template: when they are used, the environment of their programs, and what clones of one template share.
 */
final class WarmInterpreterIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final double MEMORY_TOLERANCE = 0.05;
    private static final int CLONES = 4;

    /** Prints the processes of the user, the groups and the limits. */
    private static final String PYTHON_ENVIRONMENT = """
            import os
            others = [p for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]
            print("processes", sorted(os.readlink(f"/proc/{p}/exe") for p in others))
            print("groups", sorted(e.name for e in os.scandir("/sys/fs/cgroup") if e.is_dir()))
            print("group", open("/proc/self/cgroup").read().strip())
            print("pids", open("/sys/fs/cgroup/python/pids.max").read().strip())
            print("descriptors", [os.readlink(f"/proc/self/fd/{n}").split(":")[0] for n in range(3)])
            print("environment", open("/proc/self/environ").read().replace(os.environ["NEUROVISOR_TRACE_ID"], "ID"))
            print("command", open("/proc/self/cmdline").read())
            print("left", os.path.exists("/usr/lib/python3/dist-packages/usercustomize.py"))
            """;

    private static final String JAVASCRIPT_SURROUNDINGS = """
            const fs = require("fs");
            const read = (path) => fs.readFileSync(path, "utf8").trim();
            const others = fs.readdirSync("/proc").filter((name) => Number(name) && Number(name) !== process.pid);
            console.log("processes", others.map((name) => fs.readlinkSync(`/proc/${name}/exe`)));
            const groups = fs.readdirSync("/sys/fs/cgroup", { withFileTypes: true });
            console.log("groups", groups.filter((entry) => entry.isDirectory()).map((entry) => entry.name));
            console.log("group", read("/proc/self/cgroup"));
            console.log("pids", read("/sys/fs/cgroup/javascript/pids.max"));
            console.log("descriptors", [0, 1, 2].map((n) => fs.readlinkSync(`/proc/self/fd/${n}`).split(":")[0]));
            console.log("environment", read("/proc/self/environ").replace(process.env.NEUROVISOR_TRACE_ID, "ID"));
            console.log("command", read("/proc/self/cmdline"));
            """;

    private static final String PYTHON_DRAWS = """
            import os, random, secrets, ssl, tempfile, uuid
            print(random.random(), random.SystemRandom().random(), uuid.uuid4(), os.urandom(8).hex())
            print(secrets.token_hex(), tempfile.mkdtemp(), ssl.RAND_bytes(8).hex())
            """;

    private static final String JAVASCRIPT_DRAWS = """
            const crypto = require("crypto");
            const fs = require("fs");
            console.log(Math.random(), Math.random(), crypto.randomUUID(), crypto.randomBytes(8).toString("hex"));
            console.log(fs.mkdtempSync("/tmp/"), crypto.getRandomValues(new Uint32Array(4)).join(" "));
            const { Worker } = require("worker_threads");
            new Worker("console.log(Math.random(), require('crypto').randomUUID())", { eval: true });
            """;

    private static OpenedNeuroVisor neuroVisor;

    @BeforeAll
    static void open() {
        neuroVisor = OpenedNeuroVisor.open();
    }

    @AfterAll
    static void close() {
        neuroVisor.close();
    }

    @ShortTier
    @ParameterizedTest
    @EnumSource(names = {"PYTHON", "JAVASCRIPT"})
    void behavesAsInAPlainInterpreter(Language language) {
        String code = language == Language.PYTHON ? PYTHON_ENVIRONMENT : JAVASCRIPT_SURROUNDINGS;
        FinishedProgram warm = run(program(language, code, Interpreter.WARM), Interpreter.WARM);
        FinishedProgram plain = run(program(language, code, Interpreter.PLAIN), Interpreter.PLAIN);
        assertThat(warm.stdout()).isEqualTo(plain.stdout()).contains("processes []");
    }

    @ParameterizedTest
    @EnumSource(names = {"PYTHON", "JAVASCRIPT"})
    void theMemoryOfInterpretersThatAreNotUsedIsTheProgramsOwn(Language language) {
        String path = "/sys/fs/cgroup/" + language.label() + "/memory.max";
        String code = language == Language.PYTHON
                ? "print(open('" + path + "').read())"
                : "console.log(require('fs').readFileSync('" + path + "', 'utf8'))";
        long warm = number(run(program(language, code, Interpreter.WARM), Interpreter.WARM));
        long plain = number(run(program(language, code, Interpreter.PLAIN), Interpreter.PLAIN));
        assertThat((double) warm).isGreaterThan(plain * (1 - MEMORY_TOLERANCE));
    }

    static Stream<Program> programsForAPlainInterpreter() {
        Program python = program(Language.PYTHON, "print(1)", Interpreter.WARM);
        InputFile module = new InputFile(".local/lib/python3.13/site-packages/mine.py", ByteBuffer.allocate(0), false);
        return Stream.of(
                with(python, Map.of("PYTHONHASHSEED", "0"), List.of()),
                with(python, Map.of("LC_ALL", "C"), List.of()),
                with(python, Map.of("HOME", "/tmp"), List.of()),
                with(python, Map.of(), List.of(module)),
                with(
                        program(Language.JAVASCRIPT, "console.log(1)", Interpreter.WARM),
                        Map.of("NODE_OPTIONS", "--no-warnings"),
                        List.of()),
                program(Language.BASH, "echo 1", Interpreter.WARM));
    }

    @ParameterizedTest
    @MethodSource("programsForAPlainInterpreter")
    void startOptionsUseAPlainInterpreter(Program program) {
        assertThat(run(program, Interpreter.PLAIN).stdout()).isEqualTo("1\n");
    }

    @ShortTier
    @ParameterizedTest
    @EnumSource(names = {"PYTHON", "JAVASCRIPT"})
    void clonesOfOneTemplateDrawDifferentNumbers(Language language) {
        Program program =
                program(language, language == Language.PYTHON ? PYTHON_DRAWS : JAVASCRIPT_DRAWS, Interpreter.WARM);
        List<String> draws = Stream.generate(
                        () -> run(program, Interpreter.WARM).stdout())
                .limit(CLONES)
                .flatMap(output -> Stream.of(output.strip().split("\\s+")))
                .toList();
        assertThat(draws).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(CLONES * 7);
    }

    @Test
    void warmNodeUsesTheClockOfItsClone() {
        // The minimum of several readings, because the process may lose its processor between two.
        String code = """
                const lag = () => Math.abs(performance.timeOrigin + performance.now() - Date.now());
                console.log(Math.round(Math.min(...Array.from({ length: 20 }, lag))));
                """;
        FinishedProgram run = run(program(Language.JAVASCRIPT, code, Interpreter.WARM), Interpreter.WARM);
        assertThat(number(run)).as("milliseconds").isLessThan(100);
    }

    @Test
    void aPrimedCloneHasAFreshInterpreter() {
        Program program = program(Language.PYTHON, "print(hash('text'))", Interpreter.WARM);
        List<Long> hashes = Stream.generate(() -> neuroVisor.runPrimed(program, program, SandboxSize.SMALL, TIMEOUT))
                .limit(2)
                .peek(run -> assertThat(interpreter(run)).as(run.describe()).isEqualTo(Interpreter.WARM))
                .map(WarmInterpreterIT::number)
                .toList();
        assertThat(hashes).doesNotHaveDuplicates();
    }

    private static FinishedProgram run(Program program, Interpreter expected) {
        FinishedProgram run = neuroVisor.run(program, SandboxSize.SMALL, TIMEOUT);
        assertThat(run.result().exit().exitCode()).as(run.describe()).isZero();
        assertThat(interpreter(run)).as(run.describe()).isEqualTo(expected);
        return run;
    }

    private static Interpreter interpreter(FinishedProgram run) {
        return run.result().exit().details().interpreter();
    }

    private static long number(FinishedProgram run) {
        return Long.parseLong(run.stdout().strip());
    }

    private static Program program(Language language, String code, Interpreter interpreter) {
        return new Program(language, code, List.of(), Map.of(), ByteBuffer.allocate(0), List.of(), interpreter);
    }

    private static Program with(Program program, Map<String, String> environment, List<InputFile> files) {
        return new Program(
                program.language(),
                program.code(),
                List.of(),
                environment,
                ByteBuffer.allocate(0),
                files,
                Interpreter.WARM);
    }
}

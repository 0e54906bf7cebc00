package io.neurovisor.tests.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.tests.fixtures.FinishedProgram;
import io.neurovisor.tests.fixtures.OpenedNeuroVisor;
import io.neurovisor.tests.runner.Extent;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests that corpus programs behave in a warm interpreter as in a plain one: the same output, exit code and signal. Each program runs
 * twice, each time in a fresh microVM. The short tier runs some of each language, spread over all subjects.
 */
final class WarmCorpusIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final int SHORT_PROGRAMS = 2;

    private static OpenedNeuroVisor neuroVisor;

    static Stream<CorpusProgram> programs() {
        return CorpusProgram.LANGUAGES.stream()
                .map(CorpusProgram::all)
                .flatMap(all -> Extent.isLong() ? all.stream() : spread(all));
    }

    @BeforeAll
    static void open() {
        neuroVisor = OpenedNeuroVisor.open();
    }

    @AfterAll
    static void close() {
        neuroVisor.close();
    }

    @ParameterizedTest
    @MethodSource("programs")
    void behavesInAWarmInterpreterAsInAPlainOne(CorpusProgram program) {
        FinishedProgram plain = run(program, Interpreter.PLAIN);
        assertThat(interpreter(plain)).isEqualTo(Interpreter.PLAIN);
        assertEnd(program, plain);

        FinishedProgram warm = run(program, Interpreter.WARM);
        assertThat(interpreter(warm)).as(warm.describe()).isEqualTo(program.expectedInterpreter());
        assertEnd(program, warm);
        assertThat(warm.stdout()).isEqualTo(plain.stdout());
        assertThat(warm.stderr()).isEqualTo(plain.stderr());
        assertThat(warm.stdoutBytes()).isEqualTo(plain.stdoutBytes());
        assertThat(warm.sink().stderrBytes()).isEqualTo(plain.sink().stderrBytes());
        assertThat(warm.files()).containsOnlyKeys(plain.files().keySet());
        plain.files()
                .forEach((path, content) ->
                        assertThat(warm.files().get(path)).as(path).isEqualTo(content));
    }

    private static FinishedProgram run(CorpusProgram program, Interpreter interpreter) {
        return neuroVisor.run(program.with(interpreter), SandboxSize.SMALL, TIMEOUT);
    }

    /** Returns programs at equal distances in the order of names, which groups them by subject. */
    private static Stream<CorpusProgram> spread(List<CorpusProgram> programs) {
        return IntStream.range(0, SHORT_PROGRAMS)
                .mapToObj(number -> programs.get(number * programs.size() / SHORT_PROGRAMS));
    }

    private static Interpreter interpreter(FinishedProgram run) {
        return run.result().exit().details().interpreter();
    }

    /** Checks the expected end, because two runs could fail in the same way. */
    private static void assertEnd(CorpusProgram program, FinishedProgram run) {
        ProgramExit exit = run.result().exit();
        assertThat(exit.outcome()).as(run.describe()).isEqualTo(Outcome.COMPLETED);
        assertThat(exit.exitCode())
                .as(run.describe())
                .isEqualTo(program.header().exitCode());
        assertThat(exit.signal()).as(run.describe()).isEqualTo(program.header().signal());
        assertThat(run.stdout() + run.stderr()).as("output").isNotEmpty();
        program.header().stream("stdout")
                .ifPresent(text -> assertThat(run.stdout()).isEqualTo(text));
        program.header().stream("stderr")
                .ifPresent(text -> assertThat(run.stderr()).isEqualTo(text));
    }
}

package io.neurovisor.tests.languages;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.InputFile;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.testkit.GrowingTimeout;
import io.neurovisor.tests.fixtures.FinishedProgram;
import io.neurovisor.tests.fixtures.OpenedNeuroVisor;
import io.neurovisor.tests.runner.Extent;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests every language in every situation, each in its own microVM. */
public final class LanguageIT {
    private static final byte[] NO_TEXT = {'a', (byte) 0xff, (byte) 0xfe, 'b', (byte) 0xc3};
    private static final int CODE_BYTES = 1 << 20;

    private static OpenedNeuroVisor neuroVisor;

    /** A situation with the input of its programs and the expected result. */
    public enum Situation {
        /** Stdin, environment, arguments and files in one program. */
        INPUT {
            @Override
            void check(Language language, FinishedProgram end) {
                assertCompleted(
                        end,
                        0,
                        "1000 LINE 999\nguten Tag, Welt /home/user False\n<one two>\n<>\n<--three>\n<*>\n<v\u00eder>\n");
                assertThat(end.files()).containsOnlyKeys("deep/result.txt");
                assertThat(new String(end.files().get("deep/result.txt"), StandardCharsets.UTF_8).strip())
                        .isEqualTo("SOME DATA");
            }
        },
        /** Output that is not UTF-8, then an exit code. */
        EXIT {
            @Override
            void check(Language language, FinishedProgram end) {
                assertThat(end.result().exit().exitCode()).as(end.describe()).isEqualTo(42);
                assertThat(end.stdoutBytes()).isEqualTo(NO_TEXT);
            }
        },
        ERROR {
            @Override
            void check(Language language, FinishedProgram end) {
                assertThat(end.result().outcome()).as(end.describe()).isEqualTo(Outcome.COMPLETED);
                assertThat(end.result().exit().exitCode())
                        .as(end.describe())
                        .isEqualTo(language == Language.BASH ? 127 : 1);
                assertThat(end.stderr()).contains(expectedMessage(language));
            }
        },
        /** A program of 1 MiB. */
        CODE {
            @Override
            void check(Language language, FinishedProgram end) {
                assertCompleted(end, 0, "hello from " + language.label() + "\n");
            }
        },
        OUTPUT {
            @Override
            void check(Language language, FinishedProgram end) {
                assertThat(end.result().outcome()).as(end.describe()).isEqualTo(Outcome.OUTPUT_LIMIT);
                byte[] expected = new byte[64 << 20];
                Arrays.fill(expected, (byte) 'x');
                assertThat(Arrays.mismatch(end.stdoutBytes(), expected))
                        .as("first difference")
                        .isEqualTo(-1);
                assertThat(end.result().exit().stdoutTruncated()).isTrue();
                assertThat(end.result().exit().stderrTruncated()).isFalse();
            }
        },
        LOOP {
            @Override
            void check(Language language, FinishedProgram end) {
                assertThat(end.result().outcome()).as(end.describe()).isEqualTo(Outcome.TIMED_OUT);
                assertThat(end.stdout()).isEqualTo("partial\n");
            }
        },
        FORKS {
            @Override
            void check(Language language, FinishedProgram end) {
                assertThat(end.result().outcome()).as(end.describe()).isIn(Outcome.COMPLETED, Outcome.TIMED_OUT);
                assertThat(end.stdout()).startsWith("started\n").doesNotContain("not bounded");
            }
        },
        MEMORY {
            @Override
            void check(Language language, FinishedProgram end) {
                assertThat(end.result().outcome()).as(end.describe()).isEqualTo(Outcome.OUT_OF_MEMORY);
                assertThat(end.result().exit().exitCode()).isEqualTo(137);
                assertThat(end.result().exit().details().killedProcess()).isNotEmpty();
                assertThat(end.stdout()).isEqualTo("allocating\n");
            }
        },
        /** One child is killed by a signal, another is left running. */
        CHILDREN {
            @Override
            void check(Language language, FinishedProgram end) {
                assertCompleted(end, 0, "child ended by signal 9\n");
                assertThat(end.result().exit().details().backgroundProcesses()).isEqualTo(1);
            }
        };

        abstract void check(Language language, FinishedProgram end);
    }

    /** Returns all situations except {@link Situation#INPUT}, which has its own test. */
    static Stream<Arguments> situationsInLanguages() {
        return Arrays.stream(Language.values())
                .flatMap(language -> EnumSet.complementOf(EnumSet.of(Situation.INPUT)).stream()
                        .map(situation -> Arguments.of(language, situation)));
    }

    @BeforeAll
    static void open() {
        neuroVisor = OpenedNeuroVisor.open();
    }

    @AfterAll
    static void close() {
        neuroVisor.close();
    }

    /** In the short tier those of the usual image. */
    static Stream<Language> languages() {
        return Arrays.stream(Language.values()).filter(language -> Extent.isLong() || !isCompiled(language));
    }

    @ShortTier
    @ParameterizedTest
    @MethodSource("languages")
    void passesArgumentsToTheProgram(Language language) throws IOException {
        assertIsAsPromised(language, Situation.INPUT);
    }

    @ParameterizedTest
    @MethodSource("situationsInLanguages")
    void isAsPromised(Language language, Situation situation) throws IOException {
        assertIsAsPromised(language, situation);
    }

    private static void assertIsAsPromised(Language language, Situation situation) throws IOException {
        Program program = program(language, situation);
        FinishedProgram end = GrowingTimeout.from(
                timeout(language, situation),
                timeout -> neuroVisor.run(program, size(language), timeout),
                run -> run.result().outcome() != Outcome.TIMED_OUT
                        || !run.stdout().isEmpty());
        situation.check(language, end);
    }

    private static Program program(Language language, Situation situation) throws IOException {
        boolean hasInput = situation == Situation.INPUT;
        return new Program(
                language,
                code(language, situation),
                hasInput ? List.of("one two", "", "--three", "*", "v\u00eder") : List.of(),
                hasInput ? Map.of("GREETING", "guten Tag, Welt") : Map.of(),
                hasInput ? lines(1000) : ByteBuffer.allocate(0),
                hasInput ? List.of(file("in/data.txt", "some data")) : List.of(),
                Interpreter.WARM);
    }

    private static String code(Language language, Situation situation) throws IOException {
        String name = "situations/" + situation.name().toLowerCase(Locale.ROOT) + "/program." + suffix(language);
        try (InputStream resource = LanguageIT.class.getResourceAsStream(name)) {
            String code = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
            return situation == Situation.CODE ? comment(language) + code : code;
        }
    }

    private static String comment(Language language) {
        String start = Set.of(Language.PYTHON, Language.BASH).contains(language) ? "# " : "// ";
        String line = start + "x".repeat(97) + "\n";
        return line.repeat(CODE_BYTES / line.length());
    }

    private static String suffix(Language language) {
        return switch (language) {
            case PYTHON -> "py";
            case BASH -> "sh";
            case JAVASCRIPT -> "js";
            case GO -> "go";
            case RUST -> "rs";
        };
    }

    private static String expectedMessage(Language language) {
        return switch (language) {
            case PYTHON -> "line 2, in broken\n";
            case BASH -> "no_such_command_anywhere: command not found";
            case JAVASCRIPT -> "TypeError: this is broken";
            case GO -> "undefined: undefinedFunction";
            case RUST -> "error[E0308]: mismatched types";
        };
    }

    private static boolean isCompiled(Language language) {
        return Set.of(Language.GO, Language.RUST).contains(language);
    }

    private static SandboxSize size(Language language) {
        return isCompiled(language) ? SandboxSize.MEDIUM : SandboxSize.SMALL;
    }

    /** Returns a short timeout for programs that reach it; compilers need more time. */
    private static Duration timeout(Language language, Situation situation) {
        if (situation == Situation.LOOP || situation == Situation.FORKS) {
            return Duration.ofSeconds(isCompiled(language) ? 45 : 4);
        }
        return Duration.ofMinutes(2);
    }

    private static ByteBuffer lines(int count) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < count; i++) {
            lines.append("line ").append(i).append('\n');
        }
        return ByteBuffer.wrap(lines.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static InputFile file(String path, String content) {
        return new InputFile(path, ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8)), false);
    }

    private static void assertCompleted(FinishedProgram end, int exitCode, String stdout) {
        assertThat(end.result().outcome()).as(end.describe()).isEqualTo(Outcome.COMPLETED);
        assertThat(end.stdout()).as(end.describe()).isEqualTo(stdout);
        assertThat(end.result().exit().exitCode()).as(end.describe()).isEqualTo(exitCode);
    }
}

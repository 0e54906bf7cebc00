package io.neurovisor.tests.hostile.programs;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.InputFile;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.testkit.GrowingTimeout;
import io.neurovisor.tests.fixtures.FinishedProgram;
import io.neurovisor.tests.fixtures.OpenedNeuroVisor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** A program that makes forbidden attempts, reports their results and declares the expected ones. */
record HostileProgram(String group, String id, Language language, HostileHeader header, String code) {
    /** The groups in the order of the report. */
    static final List<String> GROUPS =
            List.of("kernel", "agent", "files", "processes", "resources", "environment", "information", "warm");

    /** Returns all programs, sorted by group and name. */
    static List<HostileProgram> all() {
        return GROUPS.stream().flatMap(HostileProgram::ofGroup).toList();
    }

    /** Returns the program with the library of its language, which makes and reports attempts. */
    Program program() {
        return new Program(
                language,
                code,
                List.of(),
                header.environment(),
                StandardCharsets.UTF_8.encode(""),
                header.given(library()),
                Interpreter.WARM);
    }

    /** Runs the program. One that must time out is repeated with a longer timeout if it has not reported before. */
    FinishedProgram runOn(OpenedNeuroVisor node) {
        return GrowingTimeout.from(
                header.timeout(),
                timeout -> node.run(program(), size(), timeout),
                end -> header.outcome() != Outcome.TIMED_OUT || !end.stdout().isEmpty());
    }

    SandboxSize size() {
        return isCompiled() ? SandboxSize.MEDIUM : SandboxSize.SMALL;
    }

    boolean isCompiled() {
        return Set.of(Language.GO, Language.RUST).contains(language);
    }

    /** Compares the unique names: the same file may be parsed twice. */
    @Override
    public boolean equals(Object other) {
        return other instanceof HostileProgram program && program.toString().equals(toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    @Override
    public String toString() {
        return group + "/" + id;
    }

    private InputFile library() {
        String name = "attempt." + suffix();
        return new InputFile(
                name, StandardCharsets.UTF_8.encode(read(directory().resolve(name))), false);
    }

    private String suffix() {
        return switch (language) {
            case PYTHON -> "py";
            case BASH -> "sh";
            case JAVASCRIPT -> "js";
            case GO -> "go";
            case RUST -> "rs";
        };
    }

    private static Stream<HostileProgram> ofGroup(String group) {
        try (Stream<Path> files = Files.list(directory().resolve(group))) {
            return files.sorted().map(file -> of(group, file)).toList().stream();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static HostileProgram of(String group, Path file) {
        String name = file.getFileName().toString();
        Language language = Language.ofFile(name, "").orElseThrow();
        String marker = Set.of(Language.PYTHON, Language.BASH).contains(language) ? "#" : "//";
        String code = read(file);
        try {
            String id = name.substring(0, name.lastIndexOf('.'));
            return new HostileProgram(group, id, language, new HostileHeader(code, marker), code);
        } catch (IllegalArgumentException exception) {
            throw new IllegalArgumentException(file + ": " + exception.getMessage(), exception);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static Path directory() {
        try {
            return Path.of(HostileProgram.class.getResource("attacks").toURI());
        } catch (URISyntaxException exception) {
            throw new IllegalStateException(exception);
        }
    }
}

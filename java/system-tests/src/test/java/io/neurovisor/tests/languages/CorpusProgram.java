package io.neurovisor.tests.languages;

import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A small program that must behave in a warm interpreter as in a plain one. */
record CorpusProgram(Language language, String name, CorpusHeader header, String code) {
    /** The languages that have warm interpreters. */
    static final List<Language> LANGUAGES = List.of(Language.PYTHON, Language.JAVASCRIPT);

    /** Returns the programs of a language, sorted by name. */
    static List<CorpusProgram> all(Language language) {
        Path directory = directory(language);
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().map(file -> read(language, file)).toList();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    Program with(Interpreter interpreter) {
        return new Program(
                language, code, header.arguments(), header.environment(), header.stdin(), header.files(), interpreter);
    }

    /** Returns the interpreter that must run the program. */
    Interpreter expectedInterpreter() {
        return header.isPlain() ? Interpreter.PLAIN : Interpreter.WARM;
    }

    @Override
    public String toString() {
        return language.label() + "/" + name;
    }

    private static CorpusProgram read(Language language, Path file) {
        String fileName = file.getFileName().toString();
        String suffix = language == Language.PYTHON ? ".py" : ".js";
        if (!fileName.endsWith(suffix)) {
            throw new IllegalArgumentException(file + " does not end in " + suffix);
        }
        String name = fileName.substring(0, fileName.length() - suffix.length());
        try {
            String code = Files.readString(file);
            return new CorpusProgram(
                    language, name, new CorpusHeader(code, language == Language.PYTHON ? "#" : "//"), code);
        } catch (IllegalArgumentException exception) {
            throw new IllegalArgumentException(file + ": " + exception.getMessage(), exception);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static Path directory(Language language) {
        try {
            return Path.of(
                    CorpusProgram.class.getResource("warm/" + language.label()).toURI());
        } catch (URISyntaxException exception) {
            throw new IllegalStateException(exception);
        }
    }
}

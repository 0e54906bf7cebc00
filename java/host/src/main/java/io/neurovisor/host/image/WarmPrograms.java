package io.neurovisor.host.image;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The programs of a recipe that make a template's page cache hot: {@code warm.py} and the like. */
public final class WarmPrograms {
    private static final List<String> FILES = List.of("warm.py", "warm.sh", "warm.js");

    private WarmPrograms() {}

    /** Those that the recipe has, in a fixed order; none for an image without a recipe. */
    public static List<Program> of(Path recipeDirectory) {
        List<Program> programs = new ArrayList<>();
        for (String file : FILES) {
            Path path = recipeDirectory.resolve(file);
            if (Files.exists(path)) {
                programs.add(new Program(Language.ofFile(file, "").orElseThrow(), read(path)));
            }
        }
        return programs;
    }

    private static String read(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED, path + " cannot be read (" + exception.getMessage() + ")", exception);
        }
    }
}

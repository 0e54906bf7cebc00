package io.neurovisor.host.image;

import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The programs that warm a template's page cache: {@code warm.py} and similar files of a recipe and its ancestors. */
final class WarmPrograms {
    private static final List<String> FILES = List.of("warm.py", "warm.sh", "warm.js", "warm.go", "warm.rs");

    private WarmPrograms() {}

    /** Returns the programs of the recipes in a fixed order. */
    static List<Program> of(List<Path> recipeDirectories) {
        List<Program> programs = new ArrayList<>();
        for (Path directory : recipeDirectories) {
            for (String file : FILES) {
                Path path = directory.resolve(file);
                if (Files.exists(path)) {
                    programs.add(new Program(Language.ofFile(file, "").orElseThrow(), read(path)));
                }
            }
        }
        return programs;
    }

    private static String read(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException exception) {
            throw StorageFaults.of("read", path, exception);
        }
    }
}

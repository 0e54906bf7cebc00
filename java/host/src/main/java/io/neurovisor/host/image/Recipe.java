package io.neurovisor.host.image;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The recipe of a root image.
 *
 * @param directory the directory with {@code dpkg.cfg}, {@code customize.sh} and the files of that script
 * @param packages Debian packages, in addition to those of the parent or, without one, the essential packages
 * @param parent the recipe of the image that this one extends
 * @param definition the definition of a user's own image
 * @param digest SHA-256 of all inputs of the build, including the release of this builder
 */
record Recipe(
        String name,
        Path directory,
        List<String> packages,
        Optional<Recipe> parent,
        Optional<ImageDefinition> definition,
        String digest) {
    Recipe {
        packages = List.copyOf(packages);
    }

    /** Returns the Python packages that the recipe of an own image of NeuroVisor adds. */
    Optional<Path> requirements() {
        return Optional.of(directory.resolve("requirements.txt")).filter(Files::isRegularFile);
    }

    /** Returns the directories of this recipe and all its ancestors, the oldest first. */
    List<Path> directories() {
        List<Path> below = parent.map(Recipe::directories).orElse(List.of());
        return Stream.concat(below.stream(), Stream.of(directory)).toList();
    }
}

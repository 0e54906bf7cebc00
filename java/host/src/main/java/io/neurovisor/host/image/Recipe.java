package io.neurovisor.host.image;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a root image is made of.
 *
 * @param directory holds {@code dpkg.cfg}, {@code customize.sh} and what that script needs
 * @param packages Debian packages, besides those of the parent or, without one, the essential ones
 * @param parent the recipe of the image that this one extends
 * @param definition what a person has ordered, for an image that is not one of ours
 * @param digest SHA-256 of everything that decides what is built, the release of this builder included
 */
record Recipe(
        String name,
        Path directory,
        List<String> packages,
        Optional<Recipe> parent,
        Optional<ImageDefinition> definition,
        String digest) {
    Recipe {
        requireNonNull(name, "name is null");
        requireNonNull(directory, "directory is null");
        packages = List.copyOf(packages);
        requireNonNull(parent, "parent is null");
        requireNonNull(definition, "definition is null");
        requireNonNull(digest, "digest is null");
    }

    /** The directories of this recipe and of all that it builds on, the first of them first. */
    List<Path> directories() {
        List<Path> below = parent.map(Recipe::directories).orElse(List.of());
        return Stream.concat(below.stream(), Stream.of(directory)).toList();
    }
}

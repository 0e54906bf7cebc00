package io.neurovisor.host.image;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.List;

/**
 * What a root image is made of.
 *
 * @param directory holds {@code packages.txt}, {@code dpkg.cfg}, {@code customize.sh} and what that script needs
 * @param packages Debian packages, besides the essential ones
 * @param digest SHA-256 of everything that decides what is built, the release of this builder included
 */
record Recipe(String name, Path directory, List<String> packages, String digest) {
    Recipe {
        requireNonNull(name, "name is null");
        requireNonNull(directory, "directory is null");
        requireNonNull(digest, "digest is null");
        packages = List.copyOf(packages);
    }
}

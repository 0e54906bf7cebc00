package io.neurovisor.host.image;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.store.Sha256;
import io.neurovisor.host.store.StorageFaults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The image recipes of this installation: each a directory below {@code guest/image} that has a {@code packages.txt}. */
final class Recipes {
    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,32}");
    private static final Pattern PACKAGE = Pattern.compile("[a-z0-9][a-z0-9+.-]+");
    private static final String PACKAGES = "packages.txt";

    private final Path directory;

    Recipes(Path directory) {
        this.directory = requireNonNull(directory, "directory is null");
    }

    /** Fails unless the name has the form of an image name; everything that becomes part of a path passes here. */
    static String checkName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    "Image name \"%s\" is not allowed; use 1 to 32 lower-case letters, digits and dashes"
                            .formatted(name.length() > 40 ? name.substring(0, 40) + "..." : name));
        }
        return name;
    }

    List<String> names() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(entry -> Files.isRegularFile(entry.resolve(PACKAGES)))
                    .map(entry -> entry.getFileName().toString())
                    .filter(name -> NAME.matcher(name).matches())
                    .sorted()
                    .toList();
        } catch (IOException failure) {
            throw StorageFaults.of("list", directory, failure);
        }
    }

    Optional<Recipe> find(String name) {
        Path home = directory.resolve(checkName(name));
        Path packages = home.resolve(PACKAGES);
        if (!Files.isRegularFile(packages)) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Recipe(name, home, packages(packages), digest(home)));
        } catch (IOException failure) {
            throw StorageFaults.of("read the recipe", home, failure);
        }
    }

    private static List<String> packages(Path file) throws IOException {
        List<String> packages = Files.readString(file)
                .lines()
                .map(line -> line.replaceFirst("#.*", "").strip())
                .filter(line -> !line.isEmpty())
                .toList();
        for (String name : packages) {
            if (!PACKAGE.matcher(name).matches()) {
                throw new NeuroVisorException(
                        Fault.INVALID_ARGUMENT, "\"%s\" in %s is not a package name".formatted(name, file));
            }
        }
        return packages;
    }

    private static String digest(Path home) throws IOException {
        StringBuilder all = new StringBuilder(RootfsBuilder.RELEASE).append('\n');
        try (Stream<Path> tree = Files.walk(home)) {
            for (Path file : tree.filter(Files::isRegularFile).sorted().toList()) {
                all.append(Sha256.of(Files.readAllBytes(file)))
                        .append("  ")
                        .append(home.relativize(file))
                        .append('\n');
            }
        }
        return Sha256.of(all.toString().getBytes(StandardCharsets.UTF_8));
    }
}

package io.neurovisor.host.image;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.Sha256;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The image recipes of this installation: the directories below {@code guest/image} that contain a {@code
 * packages.txt}.
 */
record Recipes(Path directory) {
    private static final int MAX_NAME = 32;
    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1," + MAX_NAME + "}");
    private static final Pattern EXTENDS = Pattern.compile("extends\\s+(\\S+)");
    private static final String PACKAGES = "packages.txt";

    /** Part of the name of each image whose templates have imported modules. */
    private static final String PRELOADED = "preloaded";

    /** The directory of the scripts for users' own images. */
    private static final String CUSTOM = "custom";

    /** The directory of the scripts for images that extend another one. */
    private static final String LAYER = "layer";

    /** Throws unless the text has the form of an image name. Every name that becomes part of a path is checked here. */
    static String checkName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw invalid("Image name \"%s\" is not allowed; use 1 to 32 lowercase letters, digits and dashes"
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
        return find(name, List.of());
    }

    /** Returns the recipe of a user's own image. */
    Recipe custom(String name, ImageDefinition definition) {
        checkName(name);
        if (!definition.preload().isEmpty() && !name.contains(PRELOADED)) {
            throw invalid("Image %s imports modules before programs do, which its name must say; call it %s"
                    .formatted(name, preloaded(name)));
        }
        if (names().contains(name)) {
            throw invalid("Image %s is one of NeuroVisor's own; choose another name".formatted(name));
        }
        Recipe parent = find(definition.from())
                .orElseThrow(() -> invalid("There is no image %s to build on; there are %s"
                        .formatted(definition.from(), String.join(", ", names()))));
        Path home = directory.resolve(CUSTOM);
        List<String> parts = new ArrayList<>();
        definition.packages().forEach(part -> parts.add("apt " + part));
        definition.requirements().forEach(part -> parts.add("pip " + part));
        definition.preload().forEach(part -> parts.add("preload " + part));
        return new Recipe(
                name,
                home,
                definition.packages(),
                Optional.of(parent),
                Optional.of(definition),
                digest(home, Optional.of(parent), parts));
    }

    private static String preloaded(String name) {
        int rest = MAX_NAME - PRELOADED.length() - 1;
        return name.substring(0, Math.min(name.length(), rest)) + "-" + PRELOADED;
    }

    /** Returns the directory of the scripts for images with a parent. */
    Path layer() {
        return directory.resolve(LAYER);
    }

    private Optional<Recipe> find(String name, List<String> children) {
        Path home = directory.resolve(checkName(name));
        Path packages = home.resolve(PACKAGES);
        if (!Files.isRegularFile(packages)) {
            return Optional.empty();
        }
        try {
            List<String> lines = lines(packages);
            Optional<Recipe> parent = parent(name, lines, packages, children);
            List<String> names = lines.stream()
                    .filter(line -> !EXTENDS.matcher(line).matches())
                    .toList();
            checkPackages(names, packages);
            return Optional.of(
                    new Recipe(name, home, names, parent, Optional.empty(), digest(home, parent, List.of())));
        } catch (IOException failure) {
            throw StorageFaults.of("read the recipe", home, failure);
        }
    }

    private Optional<Recipe> parent(String name, List<String> lines, Path file, List<String> children) {
        List<String> parents = lines.stream()
                .map(EXTENDS::matcher)
                .filter(Matcher::matches)
                .map(match -> match.group(1))
                .toList();
        if (parents.isEmpty()) {
            return Optional.empty();
        }
        List<String> family = Stream.concat(children.stream(), Stream.of(name)).toList();
        String parent = parents.getFirst();
        if (parents.size() > 1 || family.contains(parent)) {
            throw invalid("%s: an image extends one other image, never itself".formatted(file));
        }
        return Optional.of(find(parent, family)
                .orElseThrow(() -> invalid("%s: there is no recipe of image %s".formatted(file, parent))));
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.readString(file)
                .lines()
                .map(line -> line.replaceFirst("#.*", "").strip())
                .filter(line -> !line.isEmpty())
                .toList();
    }

    private static void checkPackages(List<String> packages, Path file) {
        for (String name : packages) {
            if (!ImageDefinition.isPackageName(name)) {
                throw invalid("\"%s\" in %s is not a package name".formatted(name, file));
            }
        }
    }

    private String digest(Path home, Optional<Recipe> parent, List<String> parts) {
        StringBuilder all = new StringBuilder(RootfsBuilder.RELEASE).append('\n');
        parent.ifPresent(recipe ->
                all.append("extends ").append(recipe.digest()).append('\n').append(files(layer())));
        all.append(files(home));
        parts.forEach(part -> all.append(part).append('\n'));
        return Sha256.of(all.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static String files(Path home) {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> tree = Files.walk(home)) {
            for (Path file : tree.filter(Files::isRegularFile).sorted().toList()) {
                all.append(Sha256.of(Files.readAllBytes(file)))
                        .append("  ")
                        .append(home.relativize(file))
                        .append('\n');
            }
        } catch (IOException failure) {
            throw StorageFaults.of("read the recipe", home, failure);
        }
        return all.toString();
    }

    private static NeuroVisorException invalid(String message) {
        return new NeuroVisorException(Fault.INVALID_ARGUMENT, message);
    }
}

package io.neurovisor.host.image;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The additions of a user's own image to one of NeuroVisor's.
 *
 * @param from the image that it extends
 * @param packages Debian packages
 * @param requirements the lines of a pip requirements file
 * @param preload the Python modules that its templates import for their clones; null in manifests that were written before
 */
public record ImageDefinition(
        String from,
        List<String> packages,
        List<String> requirements,
        @Nullable List<String> preload) {
    private static final Pattern PACKAGE = Pattern.compile("[a-z0-9][a-z0-9+.-]+");
    private static final Pattern MODULE =
            Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,99}(\\.[A-Za-z_][A-Za-z0-9_]{0,99}){0,9}");
    private static final int MAX_PACKAGES = 1000;
    private static final int MAX_MODULES = 50;
    private static final int MAX_LINES = 10_000;
    /** The limit of strings in a manifest. */
    private static final int MAX_LINE_CHARS = 4000;

    public ImageDefinition {
        requireNonNull(from, "from is null");
        packages = packages.stream().sorted().distinct().toList();
        requirements = List.copyOf(requirements);
        preload = preload == null ? List.of() : preload.stream().distinct().toList();
        packages.forEach(ImageDefinition::checkPackage);
        requirements.forEach(ImageDefinition::checkLine);
        preload.forEach(ImageDefinition::checkModule);
        if (preload.size() > MAX_MODULES) {
            throw invalid("%d modules are to be imported before, at most %d are allowed"
                    .formatted(preload.size(), MAX_MODULES));
        }
        if (packages.size() > MAX_PACKAGES || requirements.size() > MAX_LINES) {
            throw invalid(
                    "at most %d packages and %d lines of requirements are allowed".formatted(MAX_PACKAGES, MAX_LINES));
        }
        if (packages.isEmpty() && preload.isEmpty() && requirements.stream().allMatch(ImageDefinition::isComment)) {
            throw invalid(
                    "an image of your own needs packages; name some by --apt or --pip-requirements, or modules by --preload");
        }
    }

    @Override
    public List<String> preload() {
        return requireNonNull(preload, "preload is null");
    }

    static boolean isPackageName(String name) {
        return PACKAGE.matcher(name).matches();
    }

    boolean hasRequirements() {
        return !requirements.stream().allMatch(ImageDefinition::isComment);
    }

    private static boolean isComment(String line) {
        return line.isBlank() || line.strip().startsWith("#");
    }

    private static void checkPackage(String name) {
        if (!isPackageName(name)) {
            throw invalid("\"%s\" is not the name of a Debian package".formatted(shortened(name)));
        }
    }

    private static void checkModule(String name) {
        if (!MODULE.matcher(name).matches()) {
            throw invalid("\"%s\" is not the name of a Python module, such as numpy or matplotlib.pyplot"
                    .formatted(shortened(name)));
        }
    }

    private static void checkLine(String line) {
        if (line.length() > MAX_LINE_CHARS) {
            throw invalid("a line of the requirements has %d characters, at most %d are allowed: %s"
                    .formatted(line.length(), MAX_LINE_CHARS, shortened(line)));
        }
        if (line.chars().anyMatch(character -> character < ' ' && character != '\t')) {
            throw invalid("a line of the requirements holds control characters: " + shortened(line));
        }
    }

    private static String shortened(String text) {
        String shown = text.length() > 40 ? text.substring(0, 40) + "..." : text;
        return shown.replaceAll("\\p{Cntrl}", "?");
    }

    private static NeuroVisorException invalid(String message) {
        return new NeuroVisorException(Fault.INVALID_ARGUMENT, message);
    }
}

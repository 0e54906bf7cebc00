package io.neurovisor.engine.program;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** A language that NeuroVisor runs, with the names that people and models use for it. */
@SuppressWarnings("ImmutableEnumChecker") // Set.of is immutable, its type just does not say so.
public enum Language {
    PYTHON("python", Set.of("python", "python3"), Set.of("py"), "main.py", "base"),
    BASH("bash", Set.of("bash", "sh", "shell"), Set.of("sh", "bash"), "main.sh", "base"),
    JAVASCRIPT("javascript", Set.of("javascript", "node", "js"), Set.of("js", "mjs", "cjs"), "main.js", "base"),
    GO("go", Set.of("go", "golang"), Set.of("go"), "main.go", "full"),
    RUST("rust", Set.of("rust", "rs"), Set.of("rs"), "main.rs", "full");

    private final String label;
    private final Set<String> names;
    private final Set<String> suffixes;
    private final String mainFile;
    private final String image;

    Language(String label, Set<String> names, Set<String> suffixes, String mainFile, String image) {
        this.label = label;
        this.names = names;
        this.suffixes = suffixes;
        this.mainFile = mainFile;
        this.image = image;
    }

    /** Returns the name on the wire and in output. */
    public String label() {
        return label;
    }

    /** Returns the name of the file in the working directory that holds the code. */
    public String mainFile() {
        return mainFile;
    }

    /** Returns the smallest of NeuroVisor's images in which programs of this language run. */
    public String image() {
        return image;
    }

    /**
     * Returns the language of a name or alias, ignoring case; throws a fault that lists all languages if it is unknown.
     */
    public static Language named(String name) {
        String wanted = name.strip().toLowerCase(Locale.ROOT);
        return Arrays.stream(values())
                .filter(language -> language.names.contains(wanted))
                .findFirst()
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.UNKNOWN_LANGUAGE,
                        "language \"" + FilePath.shown(name) + "\" is not known; use one of " + known()));
    }

    /**
     * Returns the language of a file by its suffix or, if that is inconclusive, by the interpreter of its {@code #!}
     * line.
     */
    public static Optional<Language> ofFile(String fileName, String firstLine) {
        int dot = fileName.lastIndexOf('.');
        String suffix = dot < 0 ? "" : fileName.substring(dot + 1);
        Optional<Language> bySuffix = Arrays.stream(values())
                .filter(language -> language.suffixes.contains(suffix))
                .findFirst();
        return bySuffix.isPresent() ? bySuffix : ofInterpreterLine(firstLine);
    }

    /** Returns all labels for messages: {@code python, bash, ...}. */
    public static String known() {
        return Arrays.stream(values()).map(Language::label).collect(Collectors.joining(", "));
    }

    private static Optional<Language> ofInterpreterLine(String firstLine) {
        if (!firstLine.startsWith("#!")) {
            return Optional.empty();
        }
        List<String> words = Arrays.stream(firstLine.substring(2).strip().split("\\s+"))
                .map(word -> word.substring(word.lastIndexOf('/') + 1))
                .filter(word -> !word.equals("env") && !word.startsWith("-"))
                .toList();
        return words.stream()
                .limit(1)
                .flatMap(word -> Arrays.stream(values()).filter(language -> language.names.contains(word)))
                .findFirst();
    }
}

package io.neurovisor.agent.model;

import io.neurovisor.engine.program.Language;
import java.util.List;
import java.util.stream.Collectors;

/** What the tool {@code execute_code} of a model does. */
@SuppressWarnings("ImmutableEnumChecker") // List.of is immutable, its type just does not say so.
public enum CodeTool {
    /** Each call runs a program in a fresh machine. */
    PROGRAM(
            List.of(Language.values()),
            "Runs a program in a fresh virtual machine without a network and returns its stdout, stderr and exit code."
                    + " Nothing persists between calls. Print what you want to see."),

    /** Each call runs a cell in the interpreter of the same sandbox, one after the other. */
    CELL(
            List.of(Language.PYTHON, Language.JAVASCRIPT, Language.BASH),
            "Runs a cell of a notebook in a virtual machine without a network and returns its output, its result and its"
                    + " errors. Variables persist between calls of one language, and files between all calls. The user"
                    + " receives the plots of matplotlib. Print what you want to see.");

    private final List<Language> languages;
    private final String description;

    CodeTool(List<Language> languages, String description) {
        this.languages = languages;
        this.description = description;
    }

    /** Returns the languages that it runs. */
    public List<Language> languages() {
        return languages;
    }

    /** Returns the description for the model. */
    public String description() {
        return description;
    }

    /** Returns the names of the languages for messages: {@code python, bash, ...}. */
    public String known() {
        return languages.stream().map(Language::label).collect(Collectors.joining(", "));
    }
}

package io.neurovisor.cli.completion;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.AutoComplete;
import picocli.CommandLine;

/** A shell that completes our command line. */
enum Shell {
    BASH("bash-completion/completions/neurovisor") {
        @Override
        String script(CommandLine program) {
            return AutoComplete.bash(program.getCommandName(), program);
        }
    },
    /** Uses the script of bash, by zsh's emulation of its completion. */
    ZSH("zsh/site-functions/_neurovisor") {
        @Override
        String script(CommandLine program) {
            return AutoComplete.bash(program.getCommandName(), program);
        }

        @Override
        String file(CommandLine program) {
            // The alias by which the script replaces bash's compopt has no effect in an autoloaded function, which is
            // also
            // called for the word at which it was loaded.
            return "#compdef neurovisor\n" + MARK + "\nfunction compopt { : }\n" + script(program)
                    + "\n_bash_complete -o default -F _complete_neurovisor\n";
        }
    },
    FISH("fish/vendor_completions.d/neurovisor.fish") {
        @Override
        String script(CommandLine program) {
            return FishScript.of(program);
        }
    };

    /** Begins one of the first two lines of each file that {@code install} writes. */
    static final String MARK = "# Written by neurovisor install; neurovisor uninstall removes it.";

    private final String path;

    Shell(String path) {
        this.path = path;
    }

    static Optional<Shell> named(String name) {
        return Arrays.stream(values())
                .filter(shell -> shell.label().equals(name))
                .findFirst();
    }

    static List<String> names() {
        return Arrays.stream(values()).map(Shell::label).toList();
    }

    /** Returns the place of the script below a directory such as {@code /usr/local/share}. */
    String path() {
        return path;
    }

    /** Returns the script for the current shell. */
    abstract String script(CommandLine program);

    /** Returns the script as a file that the shell loads when it is needed. */
    String file(CommandLine program) {
        return MARK + "\n" + script(program);
    }

    private String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}

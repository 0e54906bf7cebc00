package io.neurovisor.cli.completion;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Writes a completion script for fish, which picocli has none for. */
record FishScript(StringBuilder text) {
    static String of(CommandLine program) {
        FishScript script = new FishScript(new StringBuilder());
        script.command(program, List.of());
        return script.text.toString();
    }

    private void command(CommandLine command, List<String> path) {
        Map<String, CommandLine> subcommands = new LinkedHashMap<>(command.getSubcommands());
        subcommands
                .values()
                .removeIf(
                        subcommand -> subcommand.getCommandSpec().usageMessage().hidden());
        String here = condition(path, subcommands.keySet());
        subcommands.forEach(
                (name, subcommand) -> line(here, "--no-files --arguments " + name, description(subcommand)));
        for (OptionSpec option : command.getCommandSpec().options()) {
            if (!option.hidden()) {
                line(here, names(option) + values(option), String.join(" ", option.description()));
            }
        }
        for (PositionalParamSpec parameter : command.getCommandSpec().positionalParameters()) {
            if (parameter.completionCandidates() != null) {
                line(here, "--no-files" + candidates(parameter), "");
            }
        }
        subcommands.forEach((name, subcommand) -> {
            List<String> deeper = new ArrayList<>(path);
            deeper.add(name);
            command(subcommand, deeper);
        });
    }

    /** Returns when a line applies: after the words of a command, and before one of its subcommands. */
    private static String condition(List<String> path, Set<String> subcommands) {
        String after =
                path.stream().map(name -> "__fish_seen_subcommand_from " + name).collect(Collectors.joining("; and "));
        if (subcommands.isEmpty()) {
            return after;
        }
        String before = "not __fish_seen_subcommand_from " + String.join(" ", subcommands);
        return path.isEmpty() ? "__fish_use_subcommand" : after + "; and " + before;
    }

    private void line(String condition, String what, String description) {
        text.append("complete --command neurovisor --condition ")
                .append(quoted(condition))
                .append(' ')
                .append(what);
        if (!description.isEmpty()) {
            text.append(" --description ").append(quoted(firstSentence(description)));
        }
        text.append('\n');
    }

    private static String names(OptionSpec option) {
        return Arrays.stream(option.names())
                .map(name -> name.startsWith("--")
                        ? "--long-option " + name.substring(2)
                        : "--short-option " + name.substring(1))
                .collect(Collectors.joining(" "));
    }

    private static String values(OptionSpec option) {
        if (option.completionCandidates() != null) {
            return (option.arity().min() > 0 ? " --exclusive" : " --no-files") + candidates(option);
        }
        return option.arity().min() > 0 ? " --require-parameter" : "";
    }

    private static String candidates(ArgSpec argument) {
        return " --arguments "
                + quoted(StreamSupport.stream(argument.completionCandidates().spliterator(), false)
                        .collect(Collectors.joining(" ")));
    }

    private static String description(CommandLine command) {
        String[] description = command.getCommandSpec().usageMessage().description();
        return description.length == 0 ? "" : description[0];
    }

    private static String firstSentence(String text) {
        return text.split("(?<=[.;:]) ", 2)[0].replaceAll("[.;:]$", "");
    }

    /** Quotes for fish, in which only a backslash and the quote are special between single quotes. */
    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}

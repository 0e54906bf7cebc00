package io.neurovisor.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * Adds the command to arguments that begin without one: {@code neurovisor --agent TASK [OPTIONS]} means {@code neurovisor agent
 * TASK [OPTIONS]}, and {@code neurovisor [OPTIONS]} means {@code neurovisor serve [OPTIONS]}.
 */
final class ImpliedCommand {
    private static final String FLAG = "--agent";

    /** The options of the program as a whole. */
    private static final List<String> WITHOUT_COMMAND = List.of("-h", "--help", "--help-all", "-V", "--version");

    private ImpliedCommand() {}

    /** Returns the arguments with the command. They are unchanged if they name a command, or an agent without a task. */
    static String[] spelledOut(String[] arguments) {
        if (arguments.length > 0 && (!arguments[0].startsWith("-") || WITHOUT_COMMAND.contains(arguments[0]))) {
            return arguments;
        }
        List<String> rest = new ArrayList<>(List.of(arguments));
        int flag = rest.indexOf(FLAG);
        int end = rest.indexOf("--");
        if (flag < 0 || (end >= 0 && end < flag)) {
            return joined(arguments);
        }
        if (flag + 1 == rest.size()) {
            return arguments;
        }
        rest.remove(flag);
        String task = rest.remove(flag);
        return command(rest, task);
    }

    private static String[] joined(String[] arguments) {
        List<String> rest = new ArrayList<>(List.of(arguments));
        for (String argument : arguments) {
            if (argument.startsWith(FLAG + "=")) {
                rest.remove(argument);
                return command(rest, argument.substring(FLAG.length() + 1));
            }
        }
        return serve(arguments);
    }

    private static String[] serve(String[] options) {
        List<String> command = new ArrayList<>(List.of("serve"));
        command.addAll(List.of(options));
        return command.toArray(String[]::new);
    }

    /** Puts the task last, after {@code --}, because it may begin with a dash. */
    private static String[] command(List<String> options, String task) {
        List<String> command = new ArrayList<>(List.of("agent"));
        command.addAll(options);
        command.add("--");
        command.add(task);
        return command.toArray(String[]::new);
    }
}

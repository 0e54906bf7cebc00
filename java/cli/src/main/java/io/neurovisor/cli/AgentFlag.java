package io.neurovisor.cli;

import java.util.ArrayList;
import java.util.List;

/** {@code neurovisor --agent TASK [OPTIONS]}, which is another way of writing {@code neurovisor agent TASK [OPTIONS]}. */
final class AgentFlag {
    private static final String FLAG = "--agent";

    private AgentFlag() {}

    /** The arguments as the command takes them; unchanged where they name a command already, or no task. */
    static String[] asCommand(String[] arguments) {
        if (arguments.length == 0 || !arguments[0].startsWith("-")) {
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
        return arguments;
    }

    /** The task comes last, behind the mark after which nothing is an option: it may begin with a dash. */
    private static String[] command(List<String> options, String task) {
        List<String> command = new ArrayList<>(List.of("agent"));
        command.addAll(options);
        command.add("--");
        command.add(task);
        return command.toArray(String[]::new);
    }
}

package io.neurovisor.cli;

import picocli.CommandLine;

/** The program's entry point. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new NeuroVisorCommand());
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        // What follows a program's name or "--" is the program's own.
        commandLine.setParameterExceptionHandler(Failures::usage);
        commandLine.setExecutionExceptionHandler(Failures::execution);
        return commandLine;
    }
}

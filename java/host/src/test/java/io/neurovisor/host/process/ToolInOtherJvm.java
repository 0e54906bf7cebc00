package io.neurovisor.host.process;

/** A program for tests: runs a shell script as a tool and prints its output. */
final class ToolInOtherJvm {
    private ToolInOtherJvm() {}

    public static void main(String[] arguments) {
        ToolResult result = Tool.of(ToolCommand.of("sh", "dash", "-c", arguments[0]))
                .outputLines(System.out::println)
                .run();
        System.exit(result.exitCode());
    }
}

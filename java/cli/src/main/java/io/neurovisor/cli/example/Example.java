package io.neurovisor.cli.example;

/** One promise, put to the test in front of the user. */
public interface Example {
    /** As it is called on the command line. */
    String name();

    /** What is promised, in one line. */
    String promise();

    /** Tries it; what is found is checked with {@link ExampleRun#check}. */
    void run(ExampleRun run);
}

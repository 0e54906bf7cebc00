package io.neurovisor.tests.e2b.suites;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.neurovisor.tests.e2b.E2bClient;
import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.HostCommand;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A suite of E2B's own tests, unmodified, at the commit in setup/e2b.sh, and a daemon that it runs against. */
final class E2bSuite implements AutoCloseable {
    private static final Path HOME = Path.of(System.getProperty("neurovisor.home"));
    private static final @Nullable String SUITES = System.getenv("NEUROVISOR_TEST_E2B_SUITES");

    private final String name;
    private final int withoutServer;
    private final Path directory;
    private final String key;
    private final RunningDaemon daemon;
    private final ExpectedFailures expected;
    private int all;
    private int passed;

    private E2bSuite(
            String name,
            int withoutServer,
            Path directory,
            String key,
            RunningDaemon daemon,
            ExpectedFailures expected) {
        this.name = name;
        this.withoutServer = withoutServer;
        this.directory = directory;
        this.key = key;
        this.daemon = daemon;
        this.expected = expected;
    }

    /**
     * Starts a daemon; skips the test if {@code ./neurovisor test} could not fetch the suites.
     *
     * @param withoutServer how many tests pass without any server; recorded, because they wait for it for a quarter of an hour
     */
    static E2bSuite start(String name, int withoutServer, Path directory) throws IOException {
        assumeTrue(SUITES != null, "E2B's tests are not here: ./neurovisor test fetches them");
        ExpectedFailures expected = ExpectedFailures.read(HOME, name);
        Map<String, String> data =
                Map.of("NEUROVISOR_DATA_DIR", DataDirectories.ready(directory).toString());
        String key = E2bClient.key(data);
        RunningDaemon daemon = RunningDaemon.start(
                directory, data, "--warm=1", "--max=8", "--size=small", "--rate-limit=off", "--http-port=0");
        return new E2bSuite(name, withoutServer, directory, key, daemon, expected);
    }

    /** Runs the tests in a folder. Each must pass, or be expected to fail and fail. */
    void check(String folder, int tests) {
        SuiteResult result = run(List.of(folder), Map.of());
        assertThat(result.all()).hasSize(tests);
        Set<String> unexpected = new TreeSet<>(result.failed());
        unexpected.removeAll(expected.in(folder));
        Set<String> mended = new TreeSet<>(expected.in(folder));
        mended.removeAll(result.failed());
        mended.removeIf(expected::mayPass);
        Set<String> late = passingLate(unexpected, Map.of());
        unexpected.removeAll(late);
        all += tests;
        passed += result.passed().size() + late.size();
        assertThat(unexpected)
                .as("fail and are not in " + ExpectedFailures.DIRECTORY)
                .isEmpty();
        assertThat(mended)
                .as("pass or are gone, and are in " + ExpectedFailures.DIRECTORY)
                .isEmpty();
    }

    /** Runs the tests of Python that need another image with that image. Each must pass. */
    void checkWithImage(String image) {
        Set<String> tests = expected.thatNeed(image);
        Map<String, String> template = Map.of("E2B_TESTS_TEMPLATE", image);
        Set<String> failed = new TreeSet<>(tests);
        failed.removeAll(run(tests, template).passed());
        failed.removeAll(passingLate(failed, template));
        assertThat(failed).as("fail with image " + image).isEmpty();
        System.out.printf("test: E2B's suite %s: %d more pass with image %s%n", name, tests.size(), image);
    }

    /** Runs the files of these tests again: a guest that is emulated may be slower than the time that a test gives it. */
    private Set<String> passingLate(Set<String> failed, Map<String, String> environment) {
        Set<String> late = new TreeSet<>(failed);
        if (!failed.isEmpty()) {
            late.retainAll(run(files(failed), environment).passed());
            System.out.println("pass the second time: " + late);
        }
        return late;
    }

    private static Set<String> files(Collection<String> tests) {
        Set<String> files = new TreeSet<>();
        tests.forEach(test -> files.add(SuiteResult.fileOf(test)));
        return files;
    }

    private SuiteResult run(Collection<String> tests, Map<String, String> environment) {
        Path report = directory.resolve("report.xml");
        List<String> command = new ArrayList<>(List.of(
                "env",
                "E2B_API_KEY=" + key,
                "E2B_API_URL=" + daemon.httpAddress(),
                "E2B_SANDBOX_URL=" + daemon.httpAddress()));
        environment.forEach((variable, value) -> command.add(variable + "=" + value));
        command.add(Path.of(String.valueOf(SUITES), name, "run").toString());
        command.add(report.toString());
        command.addAll(tests);
        HostCommand.Result ended = HostCommand.run(command);
        System.out.println(ended.stdout());
        assertThat(ended.exitCode()).as(ended.stdout() + ended.stderr()).isIn(0, 1);
        return SuiteResult.of(report);
    }

    /** Prints the score. */
    @Override
    public void close() {
        daemon.close();
        System.out.printf(
                "test: E2B's suite %s: %d of %d pass; without a server %d%n", name, passed, all, withoutServer);
    }
}

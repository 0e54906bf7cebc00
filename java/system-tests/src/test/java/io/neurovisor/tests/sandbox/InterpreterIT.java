package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.interpreter.CellEnd;
import io.neurovisor.engine.interpreter.CellEvent;
import io.neurovisor.engine.interpreter.CellEvents;
import io.neurovisor.engine.interpreter.CellOutcome;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextSpec;
import io.neurovisor.engine.interpreter.ContextState;
import io.neurovisor.engine.interpreter.TableFormat;
import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.MachineFactory;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.tests.fixtures.TestMachines;
import io.neurovisor.tests.runner.ShortTier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the interpreter of a guest in a real machine. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class InterpreterIT {
    @TempDir
    private Path runtime;

    private TestMachines machines;
    private MachineFactory factory;
    private Machine machine;
    private ContextId context;

    /** What a cell has sent. */
    private record Received(
            String stdout, String stderr, String results, List<CellEvent.Content> others, CellEnd end) {}

    @BeforeEach
    void start() {
        machines = new TestMachines(runtime);
        factory = new MachineFactory(
                machines.vmm(), new SecureRandom(), Ticker.SYSTEM, MachineListener.NONE, RequiredLayers.NONE);
        machine = factory.open(machines.clone(SandboxSize.SMALL), limit());
        assertThat(machine.adopt(Map.of("COLOUR", "blue"), Optional.empty(), limit()))
                .isPositive();
        context = machine.interpreter()
                .create(new ContextSpec("python", Optional.empty(), Map.of()), limit())
                .id();
    }

    @AfterEach
    void stop() {
        machine.close();
        machines.close();
    }

    @ShortTier
    @Test
    void cellsShareVariablesAndReportTheirResults() {
        assertThat(run("n = 41\nprint('assigned')").stdout()).isEqualTo("assigned\n");
        Received result = run("import os, sys\nprint(os.environ['COLOUR'], os.getuid(), file=sys.stderr)\nn + 1");
        assertThat(result.results()).isEqualTo("text/plain 42\n");
        assertThat(result.stderr()).isEqualTo("blue 1000\n");
        assertThat(result.end().executionCount()).isEqualTo(2);

        fails(run("def f():\n    return 1 / 0\nf()"), "ZeroDivisionError", 2);

        assertThat(run("import subprocess\nsubprocess.run(['bash', '-c', 'echo $((n=6*7))'])")
                        .stdout())
                .isEqualTo("42\n");
        assertThat(machine.interpreter().inspect(context, limit()).variables()).anySatisfy(variable -> {
            assertThat(variable.name()).isEqualTo("n");
            assertThat(variable.text()).isEqualTo("41");
        });
        assertThat(machine.interpreter().list(limit()).languages())
                .containsExactly("python", "javascript", "typescript", "bash");
        assertThatThrownBy(() ->
                        machine.interpreter().create(new ContextSpec("cobol", Optional.empty(), Map.of()), limit()))
                .isInstanceOfSatisfying(NeuroVisorException.class, refusal -> {
                    assertThat(refusal.fault()).isEqualTo(Fault.LANGUAGE_UNSUPPORTED);
                    assertThat(refusal).hasMessageContaining("python");
                });
    }

    /** Its environment is that of the template, and not of this machine. */
    @ShortTier
    @Test
    void theFirstContextHasADriverThatWaitedInTheTemplate() {
        String code = """
                import os, random, tempfile
                started_with = open('/proc/self/environ').read()
                print('COLOUR' in started_with, os.environ['COLOUR'], os.getcwd(), os.path.isdir(tempfile.gettempdir()))
                random.random()""";
        Received first = run(code);
        assertThat(first.stdout()).isEqualTo("False blue /home/user True\n");
        try (Machine other = factory.open(machines.clone(SandboxSize.SMALL), limit())) {
            other.adopt(Map.of("COLOUR", "red"), Optional.empty(), limit());
            ContextId second = other.interpreter()
                    .create(new ContextSpec("python", Optional.empty(), Map.of()), limit())
                    .id();
            Received drawn = received(other.interpreter().execute(second, CellSpec.of(code), limit()));
            assertThat(drawn.stdout()).isEqualTo("False red /home/user True\n");
            assertThat(drawn.results()).startsWith("text/plain 0.").isNotEqualTo(first.results());
        }
    }

    @Test
    void aPlotIsAPictureAndAChartAndATableIsData() {
        String plot = run("import matplotlib.pyplot as plt\nplt.plot([1, 2], label='l')\nNone")
                .results();
        assertThat(plot)
                .contains(
                        "text/plain <Figure",
                        "\nimage/png ",
                        "\napplication/vnd.neurovisor.chart+json {\"type\":\"line\"");
        String table = run("import pandas\npandas.DataFrame({'a': [1, None]})").results();
        assertThat(table)
                .contains(
                        "\ntext/html <div>",
                        "\napplication/vnd.neurovisor.data+json {\"data\":{\"a\":[1.0,null]},\"types\":{\"a\":\"float64\"}");
    }

    @Test
    void aCellBeyondItsTimeIsInterruptedAndADyingOneEndsItsContextAlone() {
        run("kept = 1");
        CellSpec endless = new CellSpec(
                "while True: pass",
                Map.of(),
                Optional.empty(),
                Optional.of(Duration.ofSeconds(1)),
                false,
                false,
                false,
                TableFormat.JSON);
        CellEnd interrupted = received(machine.interpreter().execute(context, endless, limit()))
                .end();
        assertThat(interrupted.outcome()).isEqualTo(CellOutcome.TIMED_OUT);
        assertThat(interrupted.keepsVariables()).isTrue();
        assertThat(run("kept").results()).isEqualTo("text/plain 1\n");

        ContextId other = machine.interpreter()
                .create(new ContextSpec("python", Optional.empty(), Map.of()), limit())
                .id();
        CellEnd died = run("import os\nos._exit(3)").end();
        assertThat(died.outcome()).isEqualTo(CellOutcome.DIED);
        assertThat(died.keepsVariables()).isFalse();
        assertThat(died.exitCode()).isEqualTo(3);
        assertThatThrownBy(() -> run("1"))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        refusal -> assertThat(refusal.fault()).isEqualTo(Fault.CONTEXT_DEAD));
        assertThat(machine.interpreter().restart(context, limit()).state()).isEqualTo(ContextState.IDLE);
        assertThat(run("1 + 1").results()).isEqualTo("text/plain 2\n");
        assertThat(received(machine.interpreter().execute(other, CellSpec.of("2 + 2"), limit()))
                        .results())
                .isEqualTo("text/plain 4\n");
    }

    /** A copy draws other random numbers than its source, in the same context. */
    @Test
    void aContextGoesOnInACopyWithRandomnessOfItsOwn() {
        String draw = "import random, tempfile\n" + "(random.random(), tempfile.mktemp())";
        assertThat(run("n = 41\n" + draw).end().outcome()).isEqualTo(CellOutcome.OK);
        VmStart.Restore saved = new VmStart.Restore(
                ((VmStart.Restore) machine.start()).saved(),
                Optional.of(machine.save(runtime.resolve("checkpoint"), limit())));
        machine.goOn();
        String source = run(draw).results();
        try (Machine copy = factory.restore(factory.newId(), saved, Optional.of("copy"), limit())) {
            String drawn = received(copy.interpreter().execute(context, CellSpec.of(draw), limit()))
                    .results();
            assertThat(drawn).startsWith("text/plain (0.").isNotEqualTo(source);
            assertThat(received(copy.interpreter().execute(context, CellSpec.of("n + 1"), limit()))
                            .results())
                    .isEqualTo("text/plain 42\n");
        }
    }

    /** A copy draws other random numbers than its source, also those of Math.random. */
    @Test
    void javascriptSharesVariablesAwaitsAndGoesOnInACopy() {
        ContextId javascript = create("javascript");
        Received first =
                run(javascript, "import { join } from 'node:path'\nlet n = 41\nconsole.log(await join('a', 'b'))");
        assertThat(first.stdout()).isEqualTo("a/b\n");
        assertThat(run(javascript, "({ n })").results())
                .isEqualTo("text/plain { n: 41 }\napplication/json {\"n\":41}\n");
        fails(run(javascript, "\nnull.x"), "TypeError", 2);
        endsWhenItIsInterrupted(javascript, "console.log(1); for (;;) { try { while (true) {} } catch {} }");
        String draw = "Math.random()";
        run(javascript, draw);
        VmStart.Restore saved = new VmStart.Restore(
                ((VmStart.Restore) machine.start()).saved(),
                Optional.of(machine.save(runtime.resolve("checkpoint"), limit())));
        machine.goOn();
        String source = run(javascript, draw).results();
        try (Machine copy = factory.restore(factory.newId(), saved, Optional.of("copy"), limit())) {
            CellSpec cell = CellSpec.of(draw);
            assertThat(received(copy.interpreter().execute(javascript, cell, limit()))
                            .results())
                    .startsWith("text/plain 0.")
                    .isNotEqualTo(source);
        }
    }

    @Test
    void typescriptHasEnumsAndErrorsNameItsLines() {
        ContextId typescript = create("typescript");
        run(typescript, "enum Colour { Red = 4 }\ninterface Painted { colour: Colour }");
        Received shown = run(typescript, "const wall: Painted = { colour: Colour.Red }\nwall.colour as number");
        assertThat(shown.results()).isEqualTo("text/plain 4\n");
        fails(run(typescript, "type T = string\n\nnull.x"), "TypeError", 3);
        fails(run(typescript, "let open: {"), "SyntaxError", 1);
    }

    @Test
    void bashKeepsItsVariablesAndReportsTheStatusOfCells() {
        ContextId bash = create("bash");
        assertThat(run(bash, "n=41; echo $COLOUR $(id -u); pwd").stdout()).startsWith("blue 1000\n/");
        fails(run(bash, "set -e\nfalse\necho never"), "ExitStatus", 2);
        endsWhenItIsInterrupted(bash, "echo 1; while :; do :; done");
        assertThat(run(bash, "echo $((n + 1)); cat").stdout()).isEqualTo("42\n");
        fails(run(bash, "for i in 1; do"), "SyntaxError", 2);
    }

    private ContextId create(String language) {
        return machine.interpreter()
                .create(new ContextSpec(language, Optional.empty(), Map.of()), limit())
                .id();
    }

    /** A cell begins with a text. */
    private void endsWhenItIsInterrupted(ContextId id, String code) {
        CellEvents events = machine.interpreter().execute(id, CellSpec.of(code), limit());
        while (!(events.next().orElseThrow().content() instanceof CellEvent.Text)) {}
        machine.interpreter().interrupt(id, 0, limit());
        CellEnd end = received(events).end();
        assertThat(end.outcome()).isEqualTo(CellOutcome.INTERRUPTED);
        assertThat(end.keepsVariables()).isTrue();
    }

    private static void fails(Received cell, String name, int line) {
        assertThat(cell.end().outcome()).isEqualTo(CellOutcome.ERROR);
        assertThat(cell.others())
                .filteredOn(CellEvent.Failed.class::isInstance)
                .singleElement()
                .satisfies(event -> {
                    CellEvent.Failed failure = (CellEvent.Failed) event;
                    assertThat(failure.error().name()).isEqualTo(name);
                    assertThat(failure.error().frames().getLast().line()).isEqualTo(line);
                });
    }

    private Received run(String code) {
        return run(context, code);
    }

    private Received run(ContextId id, String code) {
        return received(machine.interpreter().execute(id, CellSpec.of(code), limit()));
    }

    private static Received received(CellEvents events) {
        StringBuilder stdout = new StringBuilder();
        StringBuilder stderr = new StringBuilder();
        StringBuilder results = new StringBuilder();
        List<CellEvent.Content> others = new ArrayList<>();
        List<CellEvent.Part> parts = List.of();
        Optional<CellEnd> end = Optional.empty();
        try (events) {
            for (Optional<CellEvent> event = events.next(); event.isPresent(); event = events.next()) {
                switch (event.get().content()) {
                    case CellEvent.Text text -> (text.isError() ? stderr : stdout).append(text.text());
                    case CellEvent.Display display -> parts = display.parts();
                    case CellEvent.DisplayData data ->
                        results.append(parts.get(data.part()).mimeType())
                                .append(' ')
                                .append(StandardCharsets.UTF_8.decode(data.data()))
                                .append('\n');
                    case CellEvent.Ended ended -> end = Optional.of(ended.end());
                    case CellEvent.Content other -> others.add(other);
                }
            }
        }
        assertThat(end).as("the end of the cell, after " + others).isPresent();
        return new Received(stdout.toString(), stderr.toString(), results.toString(), others, end.orElseThrow());
    }

    private static Deadline limit() {
        return Deadline.after(Duration.ofMinutes(2), Ticker.SYSTEM);
    }
}

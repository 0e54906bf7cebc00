package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.interpreter.CellEvent;
import io.neurovisor.engine.interpreter.CellEvents;
import io.neurovisor.engine.interpreter.CellSpec;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.interpreter.ContextSpec;
import io.neurovisor.engine.interpreter.GuestInterpreter;
import io.neurovisor.engine.interpreter.TableFormat;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.server.client.sandbox.SandboxClient;
import io.neurovisor.server.client.sandbox.SandboxCopy;
import io.neurovisor.server.client.sandbox.SandboxRequest;
import io.neurovisor.tests.fixtures.RunningDaemon;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies sandboxes with interpreters: their contexts go on, and draw other random numbers. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class ContextCopiesIT {
    private static final int COPIES_AT_ONCE = 10;

    private static final String DRAW = """
            import multiprocessing, random, secrets, ssl, tempfile, uuid
            import numpy as np
            def draw():
                print(random.random(), np.random.rand(), tempfile.mktemp(), ssl.RAND_bytes(8).hex(), sep='\\n')
                print(bytes(multiprocessing.current_process().authkey).hex(), uuid.uuid4(), secrets.token_hex(8), sep='\\n')
            draw()
            """;

    @TempDir
    private Path directory;

    private RunningDaemon daemon;
    private SandboxClient client;

    @BeforeEach
    void start() {
        int most = COPIES_AT_ONCE + 1;
        daemon = RunningDaemon.start(directory, "--warm=0", "--max=" + most, "--max-sandboxes=" + most, "--size=small");
        client = SandboxClient.connect(directory.resolve("daemon.sock"), Optional.empty());
    }

    @AfterEach
    void stop() {
        if (client != null) {
            client.close();
        }
        daemon.close();
    }

    private String sandbox() {
        return client.create(new SandboxRequest(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(Duration.ofHours(1)),
                        Map.of(),
                        Map.of(),
                        Optional.empty(),
                        Optional.empty()))
                .id();
    }

    private List<String> fork(String source, int count) {
        return client.fork(source, count, Optional.of(Duration.ofHours(1))).stream()
                .map(copy -> {
                    assertThat(copy).isInstanceOf(SandboxCopy.Made.class);
                    return ((SandboxCopy.Made) copy).sandbox().id();
                })
                .toList();
    }

    private String run(String sandbox, String language, String code) {
        GuestInterpreter interpreter = client.interpreter(sandbox);
        return stdout(interpreter.execute(interpreter.shared(language, limit()).id(), CellSpec.of(code), limit()));
    }

    private static String stdout(CellEvents cell) {
        try (cell) {
            SentByCell sent = SentByCell.of(cell);
            assertThat(sent.outcome()).as(sent.toString()).isEqualTo("OK");
            return sent.stdout();
        }
    }

    @Test
    void noTwoOfTwentyCopiesDrawTheSame() {
        String source = sandbox();
        run(source, "python", DRAW);
        run(source, "javascript", "console.log(Math.random())");
        List<List<String>> drawn = new ArrayList<>();
        for (int round = 0; round < 2; round++) {
            List<String> copies = fork(source, COPIES_AT_ONCE);
            copies.forEach(copy -> drawn.add(draw(copy)));
            copies.forEach(client::kill);
        }
        drawn.add(draw(source));
        assertThat(drawn)
                .hasSize(2 * COPIES_AT_ONCE + 1)
                .allSatisfy(values -> assertThat(values).hasSize(8));
        IntStream.range(0, 8)
                .forEach(column -> assertThat(drawn)
                        .extracting(values -> values.get(column))
                        .doesNotHaveDuplicates());
    }

    private List<String> draw(String sandbox) {
        String python = run(sandbox, "python", "draw()");
        String javascript = run(sandbox, "javascript", "console.log(Math.random())");
        return Stream.concat(python.lines(), javascript.lines()).toList();
    }

    @Test
    void aRunningCellGoesOnInACopyAndInItsSource() {
        String source = sandbox();
        GuestInterpreter interpreter = client.interpreter(source);
        ContextId context = interpreter.shared("python", limit()).id();
        CellSpec cell = new CellSpec(
                "import os, random, time\nrandom.seed(1)\nprint('seeded')\nwhile not os.path.exists('go'): time.sleep(0.01)\nprint(random.random())",
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                true,
                false,
                TableFormat.JSON);
        long number;
        try (CellEvents events = interpreter.execute(context, cell, limit())) {
            number = seeded(events);
        }
        String copy = fork(source, 1).getFirst();
        List<String> ends = Stream.of(source, copy)
                .map(id -> {
                    boolean _ = client.files(id).makeDirectory("go", OptionalInt.empty(), limit());
                    return stdout(client.interpreter(id).attach(context, number, 0, limit()));
                })
                .toList();
        assertThat(ends).allSatisfy(end -> assertThat(end).startsWith("seeded\n0."));
        assertThat(ends).doesNotHaveDuplicates();
        assertThat(Stream.of(source, copy)
                        .map(id -> client.interpreter(id)
                                .create(new ContextSpec("python", Optional.empty(), Map.of()), limit())
                                .id()))
                .as("new contexts")
                .doesNotHaveDuplicates();
    }

    /** Returns the number of a cell once it has printed that its generator has a seed. */
    private static long seeded(CellEvents events) {
        while (true) {
            CellEvent event = events.next().orElseThrow();
            if (event.content() instanceof CellEvent.Text) {
                return event.cell();
            }
        }
    }

    private static Deadline limit() {
        return Deadline.after(Duration.ofMinutes(3), Ticker.SYSTEM);
    }
}

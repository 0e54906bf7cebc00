package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.proto.sandbox.ProcessEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A program that draws random numbers of each kind that SECURITY.md lists for copies of a sandbox. It writes a line for each
 * round into a file of its name.
 */
@SuppressWarnings("ImmutableEnumChecker") // The sets are.
enum DrawingProgram {
    PYTHON(Set.of("kernel", "urandom", "getrandom", "secrets", "uuid4"), Set.of("random", "ssl"), "python3", """
            import os, random, secrets, ssl, time, uuid
            with open('PYTHON', 'w', buffering=1) as drawn:
                while True:
                    print(f'kernel={open("/proc/sys/kernel/random/uuid").read().strip()}',
                          f'urandom={os.urandom(16).hex()}', f'getrandom={os.getrandom(16).hex()}',
                          f'secrets={secrets.token_hex(16)}', f'uuid4={uuid.uuid4()}',
                          f'random={random.getrandbits(64)}', f'ssl={ssl.RAND_bytes(16).hex()}', file=drawn)
                    time.sleep(0.5)
            """),
    NODE(Set.of("kernel"), Set.of("math", "bytes", "uuid"), "node", """
            const fs = require('fs'), crypto = require('crypto');
            setInterval(() => fs.appendFileSync('NODE',
                'kernel=' + fs.readFileSync('/proc/sys/kernel/random/uuid', 'utf8').trim() + ' math=' + Math.random()
                + ' bytes=' + crypto.randomBytes(16).toString('hex') + ' uuid=' + crypto.randomUUID() + '\\n'), 500);
            """),
    BASH(Set.of("kernel", "srandom"), Set.of("random"), "bash", """
            while sleep 0.5; do
                echo "kernel=$(cat /proc/sys/kernel/random/uuid) srandom=$SRANDOM random=$RANDOM" >> BASH
            done
            """);

    private static final int ROUNDS = 3;

    /** The kinds of which no value repeats. */
    private final Set<String> fresh;

    /** The kinds that continue equally in each copy. */
    private final Set<String> repeated;

    private final String interpreter;
    private final String code;

    DrawingProgram(Set<String> fresh, Set<String> repeated, String interpreter, String code) {
        this.fresh = fresh;
        this.repeated = repeated;
        this.interpreter = interpreter;
        this.code = code;
    }

    void start(SandboxClient client, String id) {
        Iterator<ProcessEvent> events = client.start(id, interpreter, interpreter.equals("node") ? "-e" : "-c", code);
        assertThat(events.next().getStarted().getPid()).isPositive();
    }

    /** Returns the number of rounds that it has written. */
    int rounds(SandboxClient client, String id) {
        return drawn(client, id).getOrDefault("kernel", List.of()).size();
    }

    /**
     * Asserts that the sandboxes share what it drew before they were copied, and after that only the kinds that repeat. Fails
     * until each of them has drawn some rounds of its own.
     */
    void assertRepeatsOnlyWhatIsDocumented(SandboxClient client, List<String> sandboxes) {
        List<Map<String, List<String>>> all =
                sandboxes.stream().map(id -> drawn(client, id)).toList();
        int before = common(values(all, "kernel"));
        assertThat(before).as("rounds of %s before", this).isPositive();
        assertThat(values(all, "kernel"))
                .as("rounds of %s", this)
                .allSatisfy(values -> assertThat(values).hasSizeGreaterThanOrEqualTo(before + ROUNDS));
        for (String kind : fresh) {
            int shared = common(values(all, kind));
            // The copy was made in the middle of a round.
            assertThat(shared).as("%s: %s before", this, kind).isBetween(before - 1, before + 1);
            assertThat(values(all, kind).stream()
                            .flatMap(values -> values.stream().skip(shared))
                            .toList())
                    .as("%s: %s", this, kind)
                    .doesNotHaveDuplicates();
        }
        for (String kind : repeated) {
            assertThat(common(values(all, kind)))
                    .as("%s: %s, which repeats", this, kind)
                    .isGreaterThanOrEqualTo(before + ROUNDS);
        }
    }

    private Map<String, List<String>> drawn(SandboxClient client, String id) {
        String text = client.output(id, "touch " + name() + "; cat " + name());
        Map<String, List<String>> drawn = new HashMap<>();
        text.substring(0, text.lastIndexOf('\n') + 1).lines().forEach(line -> {
            for (String pair : line.split(" ", -1)) {
                String[] parts = pair.split("=", 2);
                drawn.computeIfAbsent(parts[0], _ -> new ArrayList<>()).add(parts[1]);
            }
        });
        return drawn;
    }

    private static List<List<String>> values(List<Map<String, List<String>>> all, String kind) {
        return all.stream().map(drawn -> drawn.getOrDefault(kind, List.of())).toList();
    }

    /** Returns the length of the beginning that all have in common. */
    private static int common(List<List<String>> all) {
        int length = all.stream().mapToInt(List::size).min().orElseThrow();
        for (int i = 0; i < length; i++) {
            int index = i;
            if (all.stream().map(values -> values.get(index)).distinct().count() > 1) {
                return i;
            }
        }
        return length;
    }
}

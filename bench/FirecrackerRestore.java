import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestChannel;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.Product;
import io.neurovisor.server.Settings;
import io.neurovisor.server.VmmSelection;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.config.Surroundings;
import io.neurovisor.server.trace.TraceIds;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/**
 * What a clone costs through the driver, from the request for a machine to the guest agent's answer, in a JVM that has done
 * it before, beside the bare sequences of {@code firecracker-floor.py}; and a program in a machine that waits for it,
 * beside the same as a plain process. Who is compared takes turns, so that what else the machine does meets all alike.
 * Writes each value, and prints medians and promises; exit code 1 where one is missed.
 *
 * <p>{@code java -cp ... bench/FirecrackerRestore.java HOME ROUNDS FILE}
 */
final class FirecrackerRestore {
    private static final SandboxSize SIZE = SandboxSize.MEDIUM;
    /** Of the driver, until its JVM has compiled what it does; then of all. */
    private static final int ALONE = 30;

    private static final int REHEARSALS = 2;
    /** Each needs a machine of its own, made ready first. */
    private static final int MOST_WARM = 20;

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final String OURS = "NeuroVisor";
    private static final String JAILED = "bare sequence in the jailer";
    private static final String BARE = "bare sequence without the jailer";
    private static final String PLAIN = "plain process";
    private static final Map<String, String> MODES = Map.of(JAILED, "jailed", BARE, "bare");

    private static final String LOADED = "restore until it is loaded";
    private static final String ANSWERED = "restore to answer";
    private static final String WARM = "warm python";
    private static final String CODE = "print(6*7)";

    private static final ObjectMapper JSON = new ObjectMapper();
    /** A histogram counts whole numbers: thousandths, exact to three digits, as those of {@code ./neurovisor bench}. */
    private static final double SCALE = 1000;

    private static final int DIGITS = 3;
    private static final double MOST = 1.2;

    /** @param loaded when the VMM had what was saved, in milliseconds after the request */
    private record Restored(double loaded, double answered) {}

    private final Map<String, Map<String, List<Double>>> values = new LinkedHashMap<>();
    private final Map<String, Integer> failed = new LinkedHashMap<>();

    public static void main(String[] arguments) throws IOException {
        Path home = Path.of(arguments[0]);
        int rounds = Integer.parseInt(arguments[1]);
        Settings settings = new Settings(
                home,
                LoadedConfig.load(Map.of("vmm", "firecracker"), Optional.empty(), Surroundings.ofThisProcess())
                        .config());
        Instant began = Instant.now();
        double load = load();
        FirecrackerRestore bench = new FirecrackerRestore();
        VmStart start;
        String vmm;
        try (NeuroVisor neuroVisor = NeuroVisor.open(settings, Progress.SILENT)) {
            vmm = neuroVisor.vmm().name() + " " + neuroVisor.vmm().version();
            try (Lease lease = neuroVisor.pool().lease(neuroVisor.prepare(SIZE))) {
                start = lease.sandbox().start();
            }
        }
        bench.restores(settings, start, home, rounds);
        try (NeuroVisor neuroVisor = NeuroVisor.open(settings, Progress.SILENT)) {
            bench.warm(neuroVisor, Math.min(rounds, MOST_WARM));
        }
        ObjectNode report = JSON.createObjectNode();
        report.put("version", Product.version());
        report.put("began", began.toString());
        report.put("seconds", Duration.between(began, Instant.now()).toSeconds());
        report.put("vmm", vmm + " (kvm), image base");
        describeMachine(report.putObject("machine"), load);
        bench.writeSeries(report.putArray("series"));
        ArrayNode targets = report.putArray("targets");
        bench.compare("restore to answer, beside the bare sequence in the jailer", ANSWERED, JAILED, targets)
                .put("at_most", MOST);
        bench.compare("restore to answer, beside the bare sequence without the jailer", ANSWERED, BARE, targets);
        bench.compare("until it is loaded, beside the bare sequence in the jailer", LOADED, JAILED, targets);
        bench.compare("warm Python, beside a plain process", WARM, PLAIN, targets);
        boolean missed = judge(targets);
        Files.writeString(
                Path.of(arguments[2]), JSON.writerWithDefaultPrettyPrinter().writeValueAsString(report) + "\n");
        System.exit(missed ? 1 : 0);
    }

    private void restores(Settings settings, VmStart start, Path home, int rounds) throws IOException {
        Path runtime = Files.createTempDirectory("nv");
        Process floor = floor(home, start);
        try (Spawner spawner = Spawner.start(settings.spawnerProgram(), runtime.resolve("run"));
                GuestLinks links = new GuestLinks(InstantSource.system());
                BufferedReader answers = floor.inputReader()) {
            Vmm vmm = new VmmSelection(settings, spawner, links).select(start.files()).vmm();
            for (int run = 0; run < ALONE; run++) {
                Restored _ = driver(vmm, start);
            }
            inTurn(rounds, List.of(OURS, JAILED, BARE), List.of(ANSWERED, LOADED), contender -> {
                Restored restored = contender.equals(OURS)
                        ? driver(vmm, start)
                        : floor(floor, answers, MODES.get(contender));
                return Map.of(ANSWERED, restored.answered(), LOADED, restored.loaded());
            });
            floor.outputWriter().close();
        } finally {
            floor.destroy();
            floor.onExit().join();
        }
        Files.delete(runtime);
    }

    private void warm(NeuroVisor neuroVisor, int rounds) throws IOException {
        Program program = new Program(Language.PYTHON, CODE);
        inTurn(
                rounds,
                List.of(OURS, PLAIN),
                List.of(WARM),
                contender -> Map.of(WARM, contender.equals(OURS) ? inMachine(neuroVisor, program) : inProcess()));
    }

    private interface Contest {
        /** By scenario. */
        Map<String, Double> run(String contender) throws IOException;
    }

    private void inTurn(int rounds, List<String> contenders, List<String> scenarios, Contest contest)
            throws IOException {
        for (String scenario : scenarios) {
            Map<String, List<Double>> ofScenario = values.computeIfAbsent(scenario, _ -> new LinkedHashMap<>());
            contenders.forEach(contender -> ofScenario.put(contender, new ArrayList<>()));
        }
        for (int round = -REHEARSALS; round < rounds; round++) {
            for (String contender : contenders) {
                try {
                    Map<String, Double> taken = contest.run(contender);
                    if (round >= 0) {
                        taken.forEach((scenario, millis) ->
                                values.get(scenario).get(contender).add(millis));
                    }
                } catch (NeuroVisorException exception) {
                    System.err.println(contender + ": " + exception.getMessage());
                    if (round >= 0) {
                        scenarios.forEach(scenario -> failed.merge(scenario + contender, 1, Integer::sum));
                    }
                }
            }
        }
    }

    private static Restored driver(Vmm vmm, VmStart start) {
        Deadline deadline = Deadline.after(PATIENCE, Ticker.SYSTEM);
        long began = System.nanoTime();
        try (Vm vm = vmm.start(VmId.random(new SecureRandom()), start, deadline)) {
            double loaded = since(began);
            try (GuestChannel _ = vm.connect(deadline)) {
                return new Restored(loaded, since(began));
            }
        }
    }

    private static Process floor(Path home, VmStart start) throws IOException {
        if (!(start instanceof VmStart.Restore restore)) {
            throw new IllegalStateException("there is no template, but " + start);
        }
        return new ProcessBuilder(
                        "python3",
                        home.resolve("bench/firecracker-floor.py").toString(),
                        restore.saved().directory().toString(),
                        start.files().rootfs().toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static Restored floor(Process floor, BufferedReader answers, String mode) throws IOException {
        floor.outputWriter().append(mode).append('\n').flush();
        String answer = answers.readLine();
        if (answer == null) {
            throw new IOException("the bare sequence has ended");
        }
        String[] millis = answer.split(" ", -1);
        return new Restored(Double.parseDouble(millis[0]), Double.parseDouble(millis[1]));
    }

    /** From the request to the last byte, in a machine that the pool has primed. */
    private static double inMachine(NeuroVisor neuroVisor, Program program) {
        try (Lease lease = neuroVisor.pool().lease(neuroVisor.prepare(SIZE))) {
            Text output = new Text();
            long began = System.nanoTime();
            lease.sandbox().run(program, PATIENCE, TraceIds.next(), output);
            return answered(began, output.text.toString());
        }
    }

    private static double inProcess() throws IOException {
        long began = System.nanoTime();
        Process process = new ProcessBuilder("python3", "-c", CODE).start();
        return answered(began, new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    }

    private static double answered(long began, String output) {
        double taken = since(began);
        if (!output.equals("42\n")) {
            throw new IllegalStateException("the answer is " + output);
        }
        return taken;
    }

    private static final class Text implements OutputSink {
        private final StringBuilder text = new StringBuilder();

        @Override
        public void stdout(ByteBuffer bytes) {
            text.append(StandardCharsets.UTF_8.decode(bytes.duplicate()));
        }

        @Override
        public void stderr(ByteBuffer bytes) {
            stdout(bytes);
        }

        @Override
        public void file(String path, ByteBuffer part, boolean last) {
            throw new IllegalStateException("a file: " + path);
        }
    }

    private static double since(long beganNanos) {
        return (System.nanoTime() - beganNanos) / 1e6;
    }

    private static void describeMachine(ObjectNode machine, double load) throws IOException {
        machine.put("processor", field("/proc/cpuinfo", "model name"));
        machine.put("processors", Runtime.getRuntime().availableProcessors());
        machine.put("memory_mib", Long.parseLong(field("/proc/meminfo", "MemTotal").replaceAll("\\D", "")) / 1024);
        machine.put("kernel", System.getProperty("os.version"));
        // Where nothing but ratios says anything: it is emulated, with its KVM.
        machine.put("lab", System.getenv("NEUROVISOR_IN_LAB") != null);
        machine.put("load_before", load);
        machine.put("load_after", load());
    }

    private static double load() throws IOException {
        return Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0]);
    }

    private static String field(String file, String name) throws IOException {
        return Files.readAllLines(Path.of(file)).stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElseThrow();
    }

    private void writeSeries(ArrayNode series) {
        values.forEach((scenario, contenders) -> contenders.forEach((contender, taken) -> {
            ObjectNode node = series.addObject();
            node.put("size", SIZE.label());
            node.put("scenario", scenario);
            node.put("contender", contender);
            node.put("unit", "ms");
            node.put("n", taken.size());
            node.put("failed", failed.getOrDefault(scenario + contender, 0));
            for (int percent : new int[] {50, 95, 99}) {
                node.put("p" + percent, percentile(taken, percent));
            }
            ArrayNode each = node.putArray("values");
            taken.forEach(value -> each.add(Math.round(value * SCALE) / SCALE));
            System.out.printf(
                    Locale.ROOT, "%-28s %-34s p50 %8.1f ms  n %d%n", scenario, contender, percentile(taken, 50), taken.size());
        }));
    }

    private static double percentile(List<Double> taken, double percent) {
        Histogram histogram = new Histogram(DIGITS);
        taken.forEach(value -> histogram.recordValue(Math.round(value * SCALE)));
        return histogram.getValueAtPercentile(percent) / SCALE;
    }

    /** How often the contender's median fits into ours. */
    private ObjectNode compare(String what, String scenario, String contender, ArrayNode targets) {
        Map<String, List<Double>> taken = values.get(scenario);
        double ratio = percentile(taken.get(OURS), 50) / percentile(taken.get(contender), 50);
        ObjectNode target = targets.addObject();
        target.put("size", SIZE.label());
        target.put("what", what);
        target.put("value", Math.round(ratio * SCALE) / SCALE);
        target.put("unit", "x");
        return target;
    }

    /** Whether one is missed. */
    private static boolean judge(ArrayNode targets) {
        boolean missed = false;
        for (var target : targets) {
            double value = target.path("value").asDouble();
            String verdict = "";
            if (target.has("at_most")) {
                verdict = value <= target.path("at_most").asDouble() ? "met" : "missed";
                ((ObjectNode) target).put("verdict", verdict);
            }
            missed |= verdict.equals("missed");
            System.out.printf(Locale.ROOT, "%-66s %6.2f x  %s%n", target.path("what").asText(), value, verdict);
        }
        return missed;
    }
}

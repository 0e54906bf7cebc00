package io.neurovisor.bench.speed;

import io.neurovisor.bench.floor.Floor;
import io.neurovisor.bench.measure.Requirement;
import io.neurovisor.bench.measure.SampleProgram;
import io.neurovisor.bench.measure.TimedResult;
import io.neurovisor.bench.measure.Unit;
import io.neurovisor.engine.program.InputFile;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.server.client.DaemonProcess;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;

/** Measures the throughput of output and of input files. */
record TransferRun(Workbench bench) {
    private static final String OUTPUT = "output";
    private static final String FILE = "file in";
    private static final int MEBIBYTES = 64;
    private static final String PRINTING =
            "import sys\nfor _ in range(" + MEBIBYTES + "): sys.stdout.buffer.write(b'x' * (1 << 20))";

    void measure() {
        Program printing = new Program(Language.PYTHON, PRINTING);
        Program reading = reading();
        Floor floor = bench.floor();
        try (DaemonProcess daemon = bench.daemon("bytes", 1, 3)) {
            for (int round = 0; round < bench.plan().rounds(1, 4); round++) {
                speed(OUTPUT, Workbench.OURS, daemon, () -> {
                    TimedResult received = bench.execute(daemon, printing);
                    Requirement.hold(
                            received.bytes() == (long) MEBIBYTES << 20, "printed " + received.bytes() + " bytes");
                    return received.millis();
                });
                speed(
                        OUTPUT,
                        Floor.NAME,
                        daemon,
                        () -> floor.run("python", PRINTING, WarmRun.PRIMED).request());
                speed(
                        FILE,
                        Workbench.OURS,
                        daemon,
                        () -> bench.execute(daemon, reading).millis());
                speed(
                        FILE,
                        Floor.NAME,
                        daemon,
                        () -> floor.run(SampleProgram.PYTHON, WarmRun.PRIMED, "--files", Integer.toString(MEBIBYTES))
                                .request());
            }
        }
    }

    private static Program reading() {
        ByteBuffer content = ByteBuffer.allocate(1 << 20);
        List<InputFile> files = new ArrayList<>();
        for (int number = 0; number < MEBIBYTES; number++) {
            files.add(new InputFile("data/" + number, content, false));
        }
        return new Program(
                Language.PYTHON,
                SampleProgram.PYTHON.code(),
                List.of(),
                Map.of(),
                ByteBuffer.allocate(0),
                files,
                Interpreter.WARM);
    }

    private void speed(String scenario, String contender, DaemonProcess daemon, DoubleSupplier millis) {
        daemon.awaitWarm(1);
        bench.add(scenario, contender, Unit.MEBIBYTES_PER_SECOND, MEBIBYTES * 1000 / millis.getAsDouble());
    }
}

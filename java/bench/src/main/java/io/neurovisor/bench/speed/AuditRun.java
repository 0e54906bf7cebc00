package io.neurovisor.bench.speed;

import io.neurovisor.bench.measure.SampleProgram;
import io.neurovisor.bench.measure.Unit;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.Program;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.server.audit.AuditLog;
import io.neurovisor.server.audit.AuditedCall;
import io.neurovisor.server.trace.TraceIds;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Measures how long requests wait until their line of the audit log is on disk. Those of simultaneous ones share a write. */
record AuditRun(Workbench bench) {
    private static final List<Integer> CLIENTS = List.of(1, 10, 50);
    private static final AuditedCall CALL =
            new AuditedCall("loopback", "neurovisor.execution.ExecutionService/Execute");

    void measure() {
        Path directory = bench.socket("audit");
        try (AuditLog log = new AuditLog(directory, OptionalLong.empty(), InstantSource.system())) {
            CLIENTS.forEach(clients -> measure(log, clients));
        } finally {
            PrivateFiles.delete(directory);
        }
    }

    private void measure(AuditLog log, int clients) {
        int lines = Math.max(2, bench.plan().rounds(20, 200) / clients);
        Callable<List<Double>> client = () -> {
            List<Double> waits = new ArrayList<>();
            while (waits.size() < lines) {
                waits.add(millis(log));
            }
            return waits;
        };
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<List<Double>> waits : threads.invokeAll(Collections.nCopies(clients, client))) {
                waits.get().forEach(wait -> bench.add(scenario(clients), Workbench.OURS, Unit.MILLISECONDS, wait));
            }
        } catch (ExecutionException exception) {
            throw new NeuroVisorException(Fault.TOOL_FAILED, "audit log: " + exception.getCause(), exception);
        } catch (InterruptedException interrupt) {
            throw NeuroVisorException.interrupted("cancelled", interrupt);
        }
    }

    private double millis(AuditLog log) {
        Program program = new Program(SampleProgram.PYTHON.language(), SampleProgram.PYTHON.code());
        ExecutionRequest request = new ExecutionRequest(TraceIds.next(), program, Duration.ofSeconds(30), bench.size());
        long beganNanos = System.nanoTime();
        log.accept(CALL, request);
        return (System.nanoTime() - beganNanos) / 1e6;
    }

    private static String scenario(int clients) {
        return "audit line, " + clients + (clients == 1 ? " client" : " clients");
    }
}

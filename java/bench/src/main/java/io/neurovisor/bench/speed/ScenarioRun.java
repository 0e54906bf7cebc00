package io.neurovisor.bench.speed;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.Locale;

/** Runs scenarios with machines of one size. */
record ScenarioRun(Workbench bench) {
    /** Reports the start and the duration of the scenario. A failure is reported and does not prevent the next scenario. */
    void run(Scenario scenario) {
        String name = bench.size().label() + ", " + scenario.label();
        bench.progress().accept(name);
        long beganNanos = System.nanoTime();
        try {
            measure(scenario);
        } catch (NeuroVisorException exception) {
            if (exception.fault() == Fault.INTERRUPTED) {
                throw exception;
            }
            bench.progress().accept(scenario.label() + " was not measured to its end: " + exception.getMessage());
        }
        bench.progress()
                .accept(String.format(Locale.ROOT, "%s took %.0f s", name, (System.nanoTime() - beganNanos) / 1e9));
    }

    private void measure(Scenario scenario) {
        switch (scenario) {
            case WARM -> new WarmRun(bench).measure();
            case CLONE -> new CloneRun(bench).measure();
            case START -> new StartRun(bench).measure();
            case BURST -> new BurstRun(bench).measure();
            case SUSTAINED -> new SustainedRun(bench).measure();
            case DENSITY -> new DensityRun(bench).measure();
            case TRANSFER -> new TransferRun(bench).measure();
            case AUDIT -> new AuditRun(bench).measure();
            case SANDBOX -> new SandboxRun(bench).measure();
            case INTERPRETER -> new CellRun(bench).measure();
            case E2B -> new E2bRun(bench).measure();
            case BOOT -> new BootRun(bench).measure();
            case TEMPLATE -> new TemplateRun(bench).measure();
        }
    }
}

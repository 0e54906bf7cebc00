package io.neurovisor.bench.measure;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.List;
import java.util.function.Consumer;

/**
 * Runs contenders in turn, so that other load of the machine affects all of them alike.
 *
 * @param rehearsals the number of rounds that do not count: the first ones load and compile code
 * @param calm returns when the work that the previous attempt has caused is finished
 * @param complaints receives the reason for which an attempt failed
 */
public record Rounds(
        String size, int rehearsals, Measurements measurements, Runnable calm, Consumer<String> complaints) {
    public Rounds withRehearsals(int number) {
        return new Rounds(size, number, measurements, calm, complaints);
    }

    public void run(String scenario, int rounds, List<Contender> contenders) {
        for (int round = -rehearsals; round < rounds; round++) {
            for (Contender contender : contenders) {
                calm.run();
                attempt(new Series.Key(size, scenario, contender.name()), contender, round >= 0);
            }
        }
    }

    private void attempt(Series.Key key, Contender contender, boolean counts) {
        double busy = Processors.busyMillis();
        try {
            double millis = contender.attempt().run();
            if (counts) {
                measurements.add(key, Unit.MILLISECONDS, millis);
                measurements.addProcessorMillis(key, Unit.MILLISECONDS, Processors.busyMillis() - busy);
            }
        } catch (NeuroVisorException exception) {
            if (exception.fault() == Fault.INTERRUPTED) {
                throw exception;
            }
            complaints.accept(key.scenario() + ", " + key.contender() + ": " + exception.getMessage());
            if (counts) {
                measurements.failed(key, Unit.MILLISECONDS);
            }
        }
    }
}

package io.neurovisor.tests.hostile.guest;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.program.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/**
 * An attack of a compromised guest on its host, with the expected end.
 *
 * @param faults the allowed faults of a rejected program
 * @param outcomes the allowed outcomes of a program
 * @param prints whether a program prints {@link #BEFORE} before the attack
 * @param limit the maximum duration
 */
record Attack(String name, Script script, Set<Fault> faults, Set<Outcome> outcomes, boolean prints, Duration limit) {
    /** The output before the attack. */
    static final String BEFORE = "before";

    /** The limit of attacks that end immediately, by the rate limit of the guest, or by the response deadline. */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** The limit of attacks that send something from time to time. */
    private static final Duration AFTERMATH = Duration.ofSeconds(80);

    /** Uses a connection. */
    @FunctionalInterface
    interface Script {
        void speak(ForgedConnection host) throws IOException;
    }

    /** Answers an execution. */
    @FunctionalInterface
    interface Answer {
        void speak(ForgedConnection host, int stream) throws IOException;
    }

    Attack {
        requireNonNull(name, "name is null");
        requireNonNull(script, "script is null");
        faults = Set.copyOf(faults);
        outcomes = Set.copyOf(outcomes);
    }

    /** Returns an attack before the guest is ready for a program. */
    static Attack first(String name, Fault fault, Script script) {
        return new Attack(name, script, EnumSet.of(fault), Set.of(), false, LIMIT);
    }

    /** Returns an attack in the answer to the first call of the host. */
    static Attack firstAnswer(String name, Fault fault, Answer answer) {
        return first(name, fault, host -> {
            host.send(ForgedFrames.settings());
            answer.speak(host, host.awaitCall());
        });
    }

    /** Returns an attack in place of the output of a program. */
    static Attack unanswered(String name, Outcome outcome, Answer answer) {
        return new Attack(name, called(answer), Set.of(), EnumSet.of(outcome), false, LIMIT);
    }

    /** Returns an attack during the output of a program. */
    static Attack during(String name, Outcome outcome, Answer answer) {
        Script script = called((host, stream) -> {
            host.answer(stream);
            host.print(stream, ForgedFrames.latin(BEFORE));
            answer.speak(host, stream);
        });
        return new Attack(name, script, Set.of(), EnumSet.of(outcome), true, LIMIT);
    }

    /** Also allows a timeout: before its first call the host reconnects, because it cannot distinguish GOAWAY from a pause. */
    Attack orSilent() {
        return new Attack(name, script, EnumSet.of(Fault.SANDBOX_LOST, Fault.GUEST_SILENT), outcomes, prints, limit);
    }

    /** Extends the limit to the maximum response deadline. */
    Attack patiently() {
        return new Attack(name, script, faults, outcomes, prints, AFTERMATH);
    }

    void speak(ForgedConnection host) throws IOException {
        script.speak(host);
    }

    @Override
    public String toString() {
        return name;
    }

    private static Script called(Answer answer) {
        return host -> {
            host.begin();
            answer.speak(host, host.awaitCall());
        };
    }
}

package io.neurovisor.tests.hostile.guest;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.program.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a guest that belongs to somebody else says to its host, and how that is to end.
 *
 * @param faults with which no program is run, or the one that runs is refused
 * @param outcomes with which a program ends
 * @param prints whether a program has printed {@link #BEFORE} by then
 * @param limit by when it has ended
 */
record Attack(String name, Script script, Set<Fault> faults, Set<Outcome> outcomes, boolean prints, Duration limit) {
    /** What it prints before it shows what it is. */
    static final String BEFORE = "before";

    /** For what ends at once, or when the guest's bucket has been empty for so long, or when it is not waited for any more. */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** For who says a word now and then. */
    private static final Duration AFTERMATH = Duration.ofSeconds(80);

    /** Whatever is said on one connection. */
    @FunctionalInterface
    interface Script {
        void speak(ForgedConnection host) throws IOException;
    }

    /** Whatever is said once a program is to be run. */
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

    /** Instead of being ready for a program. */
    static Attack first(String name, Fault fault, Script script) {
        return new Attack(name, script, EnumSet.of(fault), Set.of(), false, LIMIT);
    }

    /** The same to the host's first call. */
    static Attack firstAnswer(String name, Fault fault, Answer answer) {
        return first(name, fault, host -> {
            host.send(ForgedFrames.settings());
            answer.speak(host, host.awaitCall());
        });
    }

    /** Instead of a program's answer. */
    static Attack unanswered(String name, Outcome outcome, Answer answer) {
        return new Attack(name, called(answer), Set.of(), EnumSet.of(outcome), false, LIMIT);
    }

    /** Amid a program's output. */
    static Attack amid(String name, Outcome outcome, Answer answer) {
        Script script = called((host, stream) -> {
            host.answer(stream);
            host.print(stream, ForgedFrames.latin(BEFORE));
            answer.speak(host, stream);
        });
        return new Attack(name, script, Set.of(), EnumSet.of(outcome), true, LIMIT);
    }

    /** Or the host goes on to connect until nobody waits any more: before its first call nothing tells a good-bye from a pause. */
    Attack orSilent() {
        return new Attack(name, script, EnumSet.of(Fault.SANDBOX_LOST, Fault.GUEST_SILENT), outcomes, prints, limit);
    }

    /** As long as a guest is waited for at all. */
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

package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.pool.Claimant;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.engine.sandbox.BookedSandbox.Work;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.ObjIntConsumer;
import java.util.function.Predicate;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.state.Action;
import net.jqwik.api.state.ActionChain;
import net.jqwik.api.state.ActionChainArbitrary;
import net.jqwik.api.state.Transformer;

/** Checks random sequences of events against the table in {@link SandboxBooks}. */
final class SandboxBookModelTest {
    private static final List<SandboxOwner> OWNERS = List.of(
            SandboxOwner.unlimited(Claimant.LOCAL),
            new SandboxOwner(
                    new Claimant("two", PoolShare.UNLIMITED),
                    Optional.of(2),
                    Optional.empty(),
                    Optional.of(1),
                    Optional.empty()),
            new SandboxOwner(new Claimant("memory", PoolShare.UNLIMITED), Optional.empty(), Optional.of(600L << 20)));

    @Property(tries = 1000)
    void keepsItsPromisesWhateverHappens(@ForAll("histories") ActionChain<SandboxBooks> history) {
        finish(history.run());
    }

    /** Completes what is under way and ends all: then nothing is left. */
    private static void finish(SandboxBooks books) {
        books.stop();
        while (books.has(SandboxPhase.CREATING)) {
            books.becomesReady(0);
        }
        books.giveUp();
        while (books.has(Work.SAVE)) {
            books.saveSucceeds(0);
        }
        while (books.has(Work.COPY)) {
            books.isCopied(0);
        }
        while (books.has(Work.RESTORE)) {
            books.restoreSucceeds(0);
        }
        while (books.has(Work.PAUSE)) {
            books.isPaused(0);
        }
        while (books.has(Work.END)) {
            books.endIsComplete(0);
        }
        books.assertsThatAllIsOver();
        for (int i = 0; i < books.size(); i++) {
            books.kill(i);
        }
        while (books.has(Work.END)) {
            books.endIsComplete(0);
        }
        books.passTime(Duration.ofHours(25));
        books.assertsThatNothingIsRemembered();
    }

    @Provide
    Arbitrary<ActionChain<SandboxBooks>> histories() {
        return Combinators.combine(
                        Arbitraries.integers().between(1, 6),
                        Arbitraries.integers().between(0, 3))
                .flatAs(SandboxBookModelTest::history);
    }

    private static Arbitrary<ActionChain<SandboxBooks>> history(int most, int mostPaused) {
        return withPauses(ActionChain.startWith(() -> new SandboxBooks(most, mostPaused, OWNERS)))
                .withAction(6, new Event("a client creates one", _ -> true, SandboxBooks::create))
                .withAction(6, new Event("one is ready", has(SandboxPhase.CREATING), SandboxBooks::becomesReady))
                .withAction(
                        1, new Event("one gets no machine", has(SandboxPhase.CREATING), SandboxBooks::getsNoMachine))
                .withAction(2, new Event("a client kills one", SandboxBooks::hasAny, SandboxBooks::kill))
                .withAction(1, new Event("a machine dies", has(SandboxPhase.RUNNING), SandboxBooks::machineDies))
                .withAction(
                        2, new Event("a time-out is set", SandboxBooks::hasRunningOrPaused, SandboxBooks::setTimeout))
                .withAction(2, new Event("a life is extended", SandboxBooks::hasRunningOrPaused, SandboxBooks::extend))
                .withAction(3, new Event("a call begins", has(SandboxPhase.RUNNING), SandboxBooks::beginCall))
                .withAction(3, new Event("a call ends", SandboxBooks::hasCall, SandboxBooks::endCall))
                .withAction(4, new Event("an end is complete", has(Work.END), SandboxBooks::endIsComplete))
                .withAction(
                        3,
                        new Event(
                                "time passes",
                                _ -> true,
                                (books, choice) -> books.passTime(Duration.ofSeconds(choice % 500))))
                .withAction(
                        1,
                        new Event(
                                "hours pass",
                                _ -> true,
                                (books, choice) -> books.passTime(Duration.ofHours(choice % 30))))
                .withAction(
                        1,
                        new Event("the daemon stops", _ -> true, (books, choice) -> Event.rarely(choice, books::stop)))
                .withAction(
                        1,
                        new Event(
                                "the daemon gives up",
                                _ -> true,
                                (books, choice) -> Event.rarely(choice, books::giveUp)))
                .withAction(
                        1,
                        new Event(
                                "the daemon is killed",
                                _ -> true,
                                (books, choice) -> Event.rarely(choice, books::restart)))
                .withMaxTransformations(100);
    }

    private static ActionChainArbitrary<SandboxBooks> withPauses(ActionChainArbitrary<SandboxBooks> chain) {
        return chain.withAction(4, new Event("a client pauses one", SandboxBooks::hasAny, SandboxBooks::pause))
                .withAction(2, new Event("a client copies one", SandboxBooks::hasAny, SandboxBooks::copy))
                .withAction(3, new Event("one is copied", has(Work.COPY), SandboxBooks::isCopied))
                .withAction(1, new Event("one is not copied", has(Work.COPY), SandboxBooks::isNotCopied))
                .withAction(
                        1,
                        new Event(
                                "a machine dies while it is copied",
                                has(Work.COPY),
                                (books, choice) -> books.machineDies(Work.COPY, choice)))
                .withAction(4, new Event("one is saved", has(Work.SAVE), SandboxBooks::saveSucceeds))
                .withAction(1, new Event("one is not saved", has(Work.SAVE), SandboxBooks::saveFails))
                .withAction(
                        1,
                        new Event(
                                "a machine dies while it is saved",
                                has(Work.SAVE),
                                (books, choice) -> books.machineDies(Work.SAVE, choice)))
                .withAction(4, new Event("one is paused", has(Work.PAUSE), SandboxBooks::isPaused))
                .withAction(4, new Event("a lost one goes back", SandboxBooks::hasLost, SandboxBooks::goBack))
                .withAction(4, new Event("a client resumes one", has(SandboxPhase.PAUSED), SandboxBooks::resume))
                .withAction(4, new Event("one is restored", has(Work.RESTORE), SandboxBooks::restoreSucceeds))
                .withAction(3, new Event("one is not restored", has(Work.RESTORE), SandboxBooks::restoreFails));
    }

    private static Predicate<SandboxBooks> has(SandboxPhase phase) {
        return books -> books.has(phase);
    }

    private static Predicate<SandboxBooks> has(Work work) {
        return books -> books.has(work);
    }

    /** @param what the action, with a number that selects its object */
    private record Event(String name, Predicate<SandboxBooks> possible, ObjIntConsumer<SandboxBooks> what)
            implements Action.Independent<SandboxBooks> {
        @Override
        public boolean precondition(SandboxBooks books) {
            return possible.test(books);
        }

        @Override
        public Arbitrary<Transformer<SandboxBooks>> transformer() {
            return Arbitraries.integers()
                    .between(0, 999)
                    .map(choice -> Transformer.mutate(name + " (" + choice + ")", books -> what.accept(books, choice)));
        }

        static void rarely(int choice, Runnable what) {
            if (choice < 100) {
                what.run();
            }
        }
    }
}

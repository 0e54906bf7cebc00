package io.neurovisor.engine.pool;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.testkit.TestPools;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
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
import net.jqwik.api.state.Transformer;

/** Checks random sequences of events against the model in {@link PoolBooks}. */
final class PoolStateModelTest {
    private static final MachineKind USUAL = new MachineKind("base", SandboxSize.SMALL);
    private static final MachineKind LARGE = new MachineKind("base", SandboxSize.LARGE);

    private static final List<MachineKind> SAVED = List.of(
            USUAL.continuing(TestPools.saved("first")),
            USUAL.continuing(TestPools.saved("second")),
            LARGE.continuing(TestPools.saved("third")));

    private static final List<Claimant> CLAIMANTS = List.of(
            Claimant.LOCAL,
            new Claimant("free", PoolShare.UNLIMITED),
            new Claimant("free", PoolShare.UNLIMITED).forItsSandboxes(),
            new Claimant("other", PoolShare.UNLIMITED).forItsSandboxes(),
            new Claimant("one", new PoolShare(Optional.of(1), Optional.of(2))),
            new Claimant("one", new PoolShare(Optional.of(1), Optional.of(2))).forItsSandboxes(),
            new Claimant("two", new PoolShare(Optional.of(2), Optional.empty())));

    private static final List<Claimant> SANDBOX_CLAIMANTS =
            CLAIMANTS.stream().filter(Claimant::forSandboxes).toList();

    @Property(tries = 1000)
    void keepsItsPromisesWhateverHappens(@ForAll("histories") ActionChain<PoolBooks> history) {
        history.run().finish();
    }

    @Provide
    Arbitrary<ActionChain<PoolBooks>> histories() {
        Arbitrary<Integer> most = Arbitraries.integers().between(1, 6);
        // From less than the maximum of one machine to more than that of all.
        return Combinators.combine(
                        most,
                        Arbitraries.integers().between(0, 6),
                        Arbitraries.longs().between(0, 40))
                .flatAs((max, warm, memoryBytes) -> history(
                        memory -> new PoolPlan(
                                USUAL,
                                Math.min(warm, max),
                                max,
                                1 + (max + warm) % max,
                                max,
                                1 + (max + warm) % 3,
                                Duration.ofSeconds(30),
                                memory),
                        memoryBytes));
    }

    private static Arbitrary<ActionChain<PoolBooks>> history(Function<MachineMemory, PoolPlan> plan, long memoryBytes) {
        return ActionChain.startWith(() -> new PoolBooks(plan, memoryBytes))
                .withAction(1, new Event("machines are to be kept ready", _ -> true, (books, _) -> books.keepWarm()))
                .withAction(
                        6,
                        new Event(
                                "a request arrives",
                                books -> !books.isStopped(),
                                (books, choice) -> books.arrive(
                                        choice % 3 == 0 ? LARGE : USUAL, CLAIMANTS.get(choice / 3 % CLAIMANTS.size()))))
                .withAction(
                        3,
                        new Event(
                                "a sandbox is resumed",
                                books -> !books.isStopped(),
                                (books, choice) -> books.resume(
                                        SAVED.get(choice % SAVED.size()),
                                        SANDBOX_CLAIMANTS.get(choice / 3 % SANDBOX_CLAIMANTS.size()))))
                .withAction(1, new Event("a request gives up", PoolBooks::hasWaiting, PoolBooks::giveUp))
                .withAction(6, new Event("a machine has started", PoolBooks::hasStarting, PoolBooks::startSucceeds))
                .withAction(1, new Event("a template is made", PoolBooks::hasStarting, PoolBooks::makeTemplate))
                .withAction(1, new Event("a machine has not started", PoolBooks::hasStarting, PoolBooks::startFails))
                .withAction(1, new Event("a warm machine dies", PoolBooks::hasWarm, PoolBooks::die))
                .withAction(4, new Event("a lease ends", PoolBooks::hasLeased, PoolBooks::release))
                .withAction(4, new Event("a machine is gone", PoolBooks::hasEnding, PoolBooks::vanish))
                .withAction(
                        1,
                        new Event(
                                "time passes",
                                _ -> true,
                                (books, choice) -> books.passTime(Duration.ofSeconds(choice % 90))))
                .withAction(
                        1,
                        new Event(
                                "sandboxes are refused",
                                books -> !books.isStopped(),
                                (books, choice) -> Event.rarely(choice, books::refuseSandboxes)))
                .withAction(
                        1, new Event("the pool stops", _ -> true, (books, choice) -> Event.rarely(choice, books::stop)))
                .withMaxTransformations(80);
    }

    /** @param what the action, with a number that selects its object */
    private record Event(String name, Predicate<PoolBooks> possible, ObjIntConsumer<PoolBooks> what)
            implements Action.Independent<PoolBooks> {
        @Override
        public boolean precondition(PoolBooks books) {
            return possible.test(books);
        }

        @Override
        public Arbitrary<Transformer<PoolBooks>> transformer() {
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

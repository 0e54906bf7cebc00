package io.neurovisor.engine.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.sandbox.SandboxEnd;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A pool's books kept a second time, by other rules: who waits, and which machine does what, learnt only from the steps that
 * {@link PoolState} takes. Each step is compared with what may be done at that moment, each rest with what must be.
 */
final class PoolBooks {
    /** Of the memory, that each machine has as soon as it has started. */
    private static final long FIRST_BYTES = 1;

    private final PoolPlan plan;
    private final long memoryBytes;
    private final PoolState state;
    private final Map<Long, Order> waiting = new LinkedHashMap<>();
    private final Map<Long, Order> starting = new LinkedHashMap<>();
    private final Map<Long, Order> warm = new LinkedHashMap<>();
    private final Map<Long, Order> leased = new LinkedHashMap<>();
    private final Map<Long, Order> ending = new LinkedHashMap<>();
    private final Map<Long, Long> startedFor = new HashMap<>();
    private final TreeSet<Long> everLeased = new TreeSet<>();
    private final TreeSet<Long> everPrimed = new TreeSet<>();
    private long nowNanos;
    private boolean keepsWarm;
    private boolean stopped;

    /** @param memoryBytes that are there for machines as long as there are none */
    PoolBooks(PoolPlan plan, long memoryBytes) {
        MachineMemory memory = new MachineMemory(this::availableBytes, PoolBooks::limit);
        this.plan = new PoolPlan(
                plan.usual(),
                plan.warm(),
                plan.max(),
                plan.startsAtOnce(),
                plan.processors(),
                plan.acquireTimeout(),
                memory);
        this.memoryBytes = memoryBytes;
        this.state = new PoolState(this.plan, this::residentBytes);
    }

    void keepWarm() {
        state.keepWarm();
        keepsWarm = true;
        settle();
    }

    void arrive(Order order) {
        waiting.put(state.enqueue(order), order);
        settle();
    }

    void giveUp(int choice) {
        long ticket = chosen(waiting, choice);
        assertThat(state.leave(ticket)).isTrue();
        waiting.remove(ticket);
        settle();
    }

    void startSucceeds(int choice) {
        long slot = chosen(starting, choice);
        state.ready(slot);
        warm.put(slot, starting.remove(slot));
        settle();
    }

    void startFails(int choice) {
        long slot = chosen(starting, choice);
        starting.remove(slot);
        OptionalLong told = state.failed(slot, "failed", nowNanos);
        Optional<Long> owner = Optional.ofNullable(startedFor.get(slot)).filter(waiting::containsKey);
        assertThat(told.stream().boxed().findFirst()).as("who is told").isEqualTo(owner);
        owner.ifPresent(waiting::remove);
        settle();
    }

    void die(int choice) {
        long slot = chosen(warm, choice);
        assertThat(state.died(slot, "died", nowNanos)).isEqualTo(new Step.Destroy(slot, SandboxEnd.DIED));
        ending.put(slot, warm.remove(slot));
        settle();
    }

    void release(int choice) {
        long slot = chosen(leased, choice);
        state.released(slot);
        ending.put(slot, leased.remove(slot));
        settle();
    }

    void vanish(int choice) {
        long slot = chosen(ending, choice);
        state.gone(slot);
        ending.remove(slot);
        settle();
    }

    void passTime(Duration duration) {
        nowNanos += duration.toNanos();
        settle();
    }

    void stop() {
        assertThat(state.stop()).containsExactlyElementsOf(waiting.keySet());
        waiting.clear();
        stopped = true;
        settle();
    }

    /** Everything that has begun ends well: then nobody waits and as many are ready as are to be. */
    void finish() {
        while (!starting.isEmpty() || !leased.isEmpty() || !ending.isEmpty()) {
            if (!starting.isEmpty()) {
                startSucceeds(0);
            } else if (!ending.isEmpty()) {
                vanish(0);
            } else {
                release(0);
            }
        }
        passTime(Duration.ofMinutes(1));
        while (!starting.isEmpty()) {
            startSucceeds(0);
        }
        assertThat(waiting).isEmpty();
        assertThat(warm).hasSizeLessThanOrEqualTo(keepsWarm && !stopped ? plan.warm() : 0);
        if (!state.isShort()) {
            assertThat(warm).hasSize(keepsWarm && !stopped ? plan.warm() : 0);
        }
    }

    boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    boolean hasStarting() {
        return !starting.isEmpty();
    }

    boolean hasWarm() {
        return !warm.isEmpty();
    }

    boolean hasLeased() {
        return !leased.isEmpty();
    }

    boolean hasEnding() {
        return !ending.isEmpty();
    }

    boolean isStopped() {
        return stopped;
    }

    private void settle() {
        for (Optional<Step> step = state.next(nowNanos); step.isPresent(); step = state.next(nowNanos)) {
            switch (step.get()) {
                case Step.Start start -> started(start);
                case Step.Prime prime -> primed(prime);
                case Step.Grant grant -> granted(grant);
                case Step.Destroy destroy -> destroyed(destroy);
                case Step.Refuse refuse -> refused(refuse);
            }
        }
        atRest();
    }

    private void started(Step.Start start) {
        assertThat(stopped).as("started after the stop").isFalse();
        assertThat(machines()).as("machines before one more").isLessThan(plan.max());
        if (waiting.isEmpty()) {
            assertThat(start.order()).isEqualTo(plan.usual());
            assertThat(keepsWarm).isTrue();
            assertThat(count(warm, plan.usual()) + count(starting, plan.usual()))
                    .isLessThan(plan.warm());
        } else {
            long first = firstWithoutMachine().orElseThrow();
            assertThat(start.order())
                    .as("the kind of the first whom nothing else serves")
                    .isEqualTo(waiting.get(first));
            startedFor.put(start.slot(), first);
        }
        starting.put(start.slot(), start.order());
        allMayGrow();
    }

    private void primed(Step.Prime prime) {
        assertThat(waiting).as("who waits for what is primed").isEmpty();
        assertThat(machines() - warm.size()).as("machines at work").isLessThan(plan.processors());
        Order order = warm.remove(prime.slot());
        assertThat(order).as("what is primed is warm").isNotNull();
        assertThat(everPrimed.add(prime.slot())).as("primed twice").isTrue();
        startedFor.remove(prime.slot());
        starting.put(prime.slot(), order);
        allMayGrow();
    }

    private void granted(Step.Grant grant) {
        Order order = warm.remove(grant.slot());
        assertThat(order).as("what is granted is warm").isNotNull();
        Map.Entry<Long, Order> first = waiting.entrySet().stream()
                .filter(request -> request.getValue().equals(order))
                .findFirst()
                .orElseThrow();
        assertThat(grant.ticket()).as("the first that wants its kind").isEqualTo(first.getKey());
        assertThat(everLeased.add(grant.slot())).as("granted twice").isTrue();
        waiting.remove(grant.ticket());
        leased.put(grant.slot(), order);
        allMayGrow();
    }

    private void destroyed(Step.Destroy destroy) {
        Order order = warm.remove(destroy.slot());
        assertThat(order).as("what is destroyed is warm").isNotNull();
        waiting.entrySet().stream()
                .filter(request -> request.getValue().equals(order) && !state.isShort())
                .findFirst()
                .ifPresent(wanting -> assertThat(firstWithoutMachine().orElseThrow())
                        .as("who came before the one that wants what is destroyed")
                        .isLessThan(wanting.getKey()));
        ending.put(destroy.slot(), order);
    }

    private void refused(Step.Refuse refuse) {
        assertThat(machines()).as("machines that could make room").isZero();
        assertThat(limit(refuse.order().size())).isGreaterThan(memoryBytes);
        assertThat(refuse.ticket())
                .as("the first")
                .isEqualTo(waiting.keySet().iterator().next());
        waiting.remove(refuse.ticket());
    }

    /** The memory holds all that run when each takes all that it can. */
    private void allMayGrow() {
        long most = warm.size() * FIRST_BYTES;
        for (Map<Long, Order> growing : List.of(starting, leased, ending)) {
            most += growing.values().stream()
                    .mapToLong(order -> limit(order.size()))
                    .sum();
        }
        assertThat(most).as("bytes at worst").isLessThanOrEqualTo(memoryBytes);
    }

    private long availableBytes() {
        return memoryBytes
                - Stream.of(warm, leased, ending)
                        .flatMap(machines -> machines.keySet().stream())
                        .mapToLong(this::residentBytes)
                        .sum();
    }

    /** Those that run, or have run, have grown each by as much as it likes. */
    private long residentBytes(long slot) {
        Order grown = Optional.ofNullable(leased.get(slot)).orElse(ending.get(slot));
        return grown == null ? FIRST_BYTES : FIRST_BYTES + slot % limit(grown.size());
    }

    private static long limit(SandboxSize size) {
        return size.vcpuCount() + 2L;
    }

    private void atRest() {
        PoolStatus status = state.status();
        assertThat(List.of(status.waiting(), status.starting(), status.warm(), status.active(), status.ending()))
                .containsExactly(waiting.size(), starting.size(), warm.size(), leased.size(), ending.size());
        assertThat(machines()).isLessThanOrEqualTo(plan.max());
        assertThat(status.peak()).isLessThanOrEqualTo(plan.max());
        if (waiting.isEmpty()) {
            assertThat(count(warm, plan.usual())).isEqualTo(warm.size()).isLessThanOrEqualTo(plan.warm());
        }
        if (state.isShort()) {
            return; // Who is first then waits for memory, and all others for him.
        }
        assertThat(waiting.values()).as("wanted, and ready").noneMatch(warm::containsValue);
        if (waiting.isEmpty() && machines() - warm.size() < plan.processors()) {
            assertThat(everPrimed).as("primed while there is time").containsAll(warm.keySet());
        }
        if (firstWithoutMachine().isPresent()) {
            assertThat(machines()).as("machines while somebody waits for one").isEqualTo(plan.max());
        }
        if (waiting.size() > starting.size() + ending.size()) {
            assertThat(warm).as("ready for nobody while somebody waits").isEmpty();
        }
    }

    /** The first request that no machine being started will serve. */
    private Optional<Long> firstWithoutMachine() {
        List<Order> unclaimed = new ArrayList<>(starting.values());
        return waiting.entrySet().stream()
                .filter(request -> !unclaimed.remove(request.getValue()))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private int machines() {
        return starting.size() + warm.size() + leased.size() + ending.size();
    }

    private static long count(Map<Long, Order> machines, Order order) {
        return machines.values().stream().filter(order::equals).count();
    }

    private static long chosen(Map<Long, Order> candidates, int choice) {
        return List.copyOf(candidates.keySet()).get(choice % candidates.size());
    }
}

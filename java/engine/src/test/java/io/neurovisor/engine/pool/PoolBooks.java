package io.neurovisor.engine.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.machine.MachineEnd;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * An independent model of a pool: tracks requests and machines only by the steps that {@link PoolState} takes. Checks each step
 * against the allowed ones, and each idle state against the required one.
 */
final class PoolBooks {
    private final PoolPlan plan;
    private final PoolState state;
    private final Map<Long, Waiting> waiting = new LinkedHashMap<>();
    private final Map<Long, MachineKind> starting = new LinkedHashMap<>();
    private final Map<Long, MachineKind> warm = new LinkedHashMap<>();
    private final Map<Long, MachineKind> leased = new LinkedHashMap<>();
    private final Map<Long, MachineKind> ending = new LinkedHashMap<>();
    private final Map<Long, Long> startedFor = new HashMap<>();
    private final Map<Long, Claimant> holders = new HashMap<>();
    private final Map<List<Claimant>, Integer> passedOver = new HashMap<>();
    private final Map<Long, Long> withoutMemorySince = new HashMap<>();
    private final Map<Long, Set<Claimant>> passedOverdue = new HashMap<>();
    private final Set<MachineKind> made = new HashSet<>();
    private final BookedMemory memory;
    private final BookedSandboxes saved = new BookedSandboxes(List.of(starting, warm, leased, ending), startedFor);
    private final TreeSet<Long> everLeased = new TreeSet<>();
    private final TreeSet<Long> everPrimed = new TreeSet<>();
    private long nowNanos;
    private boolean keepsWarm;
    private boolean refusesSandboxes;
    private boolean stopped;

    private record Waiting(long ticket, MachineKind kind, Claimant claimant, long sinceNanos) {}

    /** @param memoryBytes the memory available to machines while there are none */
    PoolBooks(Function<MachineMemory, PoolPlan> plans, long memoryBytes) {
        this.memory = new BookedMemory(memoryBytes, starting, warm, leased, ending);
        this.plan = plans.apply(new MachineMemory(memory::availableBytes, BookedMemory::limit));
        this.state = new PoolState(this.plan, memory::residentBytes);
    }

    void keepWarm() {
        state.keepWarm();
        keepsWarm = true;
        settle();
    }

    void makeTemplate(int choice) {
        MachineKind kind = Objects.requireNonNull(starting.get(chosen(starting, choice)));
        state.made(kind);
        made.add(kind.fresh());
        settle();
    }

    void arrive(MachineKind kind, Claimant claimant) {
        boolean refused = refusesSandboxes && claimant.forSandboxes();
        assertThat(state.accepts(claimant)).isEqualTo(!refused);
        if (refused) {
            return;
        }
        long others = waiting.values().stream()
                .filter(request -> request.claimant().name().equals(claimant.name()))
                .count();
        OptionalLong ticket = state.enqueue(kind, claimant);
        assertThat(ticket.isPresent())
                .as("whether one more may wait in addition to " + others)
                .isEqualTo(others < claimant.share().waiting().orElse(Integer.MAX_VALUE));
        ticket.ifPresent(number -> waiting.put(number, new Waiting(number, kind, claimant, nowNanos)));
        settle();
    }

    /** A client resumes a sandbox, unless that is under way or the sandbox runs. */
    void resume(MachineKind kind, Claimant claimant) {
        boolean waits =
                waiting.values().stream().anyMatch(request -> request.kind().equals(kind));
        if (!waits && !leased.containsValue(kind)) {
            arrive(kind, claimant);
        }
    }

    void giveUp(int choice) {
        long ticket = chosen(waiting, choice);
        assertThat(state.leave(ticket)).isTrue();
        forget(ticket);
        settle();
    }

    void startSucceeds(int choice) {
        long slot = chosen(starting, choice);
        state.made(Objects.requireNonNull(starting.get(slot)));
        made.add(Objects.requireNonNull(starting.get(slot)).fresh());
        state.ready(slot);
        warm.put(slot, starting.remove(slot));
        settle();
    }

    void startFails(int choice) {
        long slot = chosen(starting, choice);
        ending.put(slot, Objects.requireNonNull(starting.remove(slot)));
        OptionalLong notified = state.failed(slot, "failed", nowNanos);
        Optional<Long> owner = Optional.ofNullable(startedFor.get(slot)).filter(waiting::containsKey);
        assertThat(notified.stream().boxed().findFirst()).as("notified request").isEqualTo(owner);
        owner.ifPresent(this::forget);
        settle();
    }

    void die(int choice) {
        long slot = chosen(warm, choice);
        assertThat(state.died(slot, "died", nowNanos)).isEqualTo(new PoolAction.Destroy(slot, MachineEnd.DIED));
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
        holders.remove(slot);
        settle();
    }

    void passTime(Duration duration) {
        nowNanos += duration.toNanos();
        settle();
    }

    void refuseSandboxes() {
        List<Long> waited = waiting.values().stream()
                .filter(request -> request.claimant().forSandboxes())
                .map(Waiting::ticket)
                .toList();
        assertThat(state.refuseSandboxes()).isEqualTo(waited);
        waited.forEach(this::forget);
        refusesSandboxes = true;
        settle();
    }

    void stop() {
        assertThat(state.stop()).containsExactlyElementsOf(waiting.keySet());
        waiting.clear();
        stopped = true;
        settle();
    }

    /** Completes all pending operations: then no request waits, and the planned number of machines is ready. */
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
        for (Optional<PoolAction> step = state.next(nowNanos); step.isPresent(); step = state.next(nowNanos)) {
            switch (step.get()) {
                case PoolAction.Start start -> started(start);
                case PoolAction.Prime prime -> primed(prime);
                case PoolAction.Grant grant -> granted(grant);
                case PoolAction.Destroy destroy -> destroyed(destroy);
                case PoolAction.Refuse refuse -> refused(refuse);
            }
        }
        atRest();
    }

    private void started(PoolAction.Start start) {
        assertThat(stopped).as("started after the stop").isFalse();
        assertThat(machines()).as("machines before one more").isLessThan(plan.max());
        assertThat(awaitsTemplate(start.kind()))
                .as("one more template at the same time")
                .isFalse();
        if (start.ticket().isEmpty()) {
            assertThat(start.kind()).isEqualTo(plan.usual());
            assertThat(keepsWarm).isTrue();
            assertThat(inLine()).as("requests while one is started to be kept").isEmpty();
            assertThat(count(warm, plan.usual()) + count(starting, plan.usual()))
                    .isLessThan(plan.warm());
        } else {
            Waiting request = Objects.requireNonNull(waiting.get(start.ticket().getAsLong()), "it waits");
            assertThat(start.kind()).isEqualTo(request.kind());
            assertThat(inLine()).as("may have one more").contains(request);
            assertThat(inLine().stream().filter(other -> other.kind().equals(start.kind())))
                    .as("requests of a kind of which one more machine starts")
                    .hasSizeGreaterThan((int) count(starting, start.kind()));
            passedOverdue(start.ticket().getAsLong(), request);
            startedFor.put(start.slot(), start.ticket().getAsLong());
            saved.checkStart(start);
            withoutMemorySince.keySet().removeIf(ticket -> kindOf(ticket).equals(start.kind()));
        }
        starting.put(start.slot(), start.kind());
        memory.allMayGrow();
    }

    private void primed(PoolAction.Prime prime) {
        assertThat(inLine()).as("requests that wait for what is primed").isEmpty();
        assertThat(busy()).as("machines at work").isLessThan(plan.processors());
        MachineKind kind = warm.remove(prime.slot());
        assertThat(kind).as("what is primed is warm").isNotNull().matches(primed -> !primed.isSaved());
        assertThat(everPrimed.add(prime.slot())).as("primed twice").isTrue();
        startedFor.remove(prime.slot());
        starting.put(prime.slot(), kind);
        memory.allMayGrow();
    }

    private void granted(PoolAction.Grant grant) {
        MachineKind kind = warm.remove(grant.slot());
        assertThat(kind).as("what is granted is warm").isNotNull();
        Waiting request = Objects.requireNonNull(waiting.get(grant.ticket()), "it waits");
        assertThat(request.kind()).isEqualTo(kind);
        assertThat(grant.ticket())
                .as("the first request of its claimant for this kind")
                .isEqualTo(waiting.entrySet().stream()
                        .filter(other -> other.getValue().kind().equals(kind)
                                && other.getValue().claimant().equals(request.claimant()))
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .orElseThrow());
        saved.checkGrant(grant, request.kind());
        assertThat(inLine()).as("may have one more").contains(request);
        passedOver(request);
        passedOverdue(grant.ticket(), request);
        assertThat(everLeased.add(grant.slot())).as("granted twice").isTrue();
        holders.put(grant.slot(), request.claimant());
        forget(grant.ticket());
        leased.put(grant.slot(), kind);
        memory.mayGrow(request.kind());
    }

    /** Checks that each other claimant gets at most one machine before a waiting claimant gets one. */
    private void passedOver(Waiting served) {
        inLine().stream()
                .filter(request -> request.kind().equals(served.kind()) && !isBehindOverdue(request))
                .map(Waiting::claimant)
                .filter(claimant -> !claimant.equals(served.claimant()))
                .distinct()
                .forEach(claimant -> assertThat(passedOver.merge(List.of(claimant, served.claimant()), 1, Integer::sum))
                        .as(claimant.name() + " is passed over by "
                                + served.claimant().name())
                        .isOne());
        passedOver.keySet().removeIf(pair -> pair.getFirst().equals(served.claimant()));
    }

    /** Checks that an overdue request is overtaken by no later one of its claimant, and at most once by each other claimant. */
    private void passedOverdue(long ticket, Waiting served) {
        waiting.forEach((number, request) -> {
            if (number == ticket || !isOverdue(number) || !inLine().contains(request)) {
                return;
            }
            if (request.claimant().equals(served.claimant())) {
                assertThat(ticket).as("the one before an overdue one").isLessThan(number);
            } else if (heldByClient(request.claimant()) == 0) {
                assertThat(passedOverdue.computeIfAbsent(number, _ -> new HashSet<>()))
                        .as("others that were served before an overdue one")
                        .doesNotContain(served.claimant());
            }
        });
    }

    private MachineKind kindOf(long ticket) {
        return Objects.requireNonNull(waiting.get(ticket), "it waits").kind();
    }

    private boolean isOverdue(long ticket) {
        Long sinceNanos = withoutMemorySince.get(ticket);
        return sinceNanos != null && nowNanos - sinceNanos > FairQueue.LONGEST_BYPASS.toNanos();
    }

    private boolean isBehindOverdue(Waiting request) {
        return waiting.values().stream()
                .filter(other -> other.ticket() < request.ticket())
                .anyMatch(other -> other.claimant().equals(request.claimant()) && mayBeOverdue(other));
    }

    private boolean mayBeOverdue(Waiting request) {
        return nowNanos - request.sinceNanos() > FairQueue.LONGEST_BYPASS.toNanos();
    }

    private void destroyed(PoolAction.Destroy destroy) {
        MachineKind kind = warm.get(destroy.slot());
        assertThat(kind).as("what is destroyed is warm").isNotNull();
        if (!saved.isUnclaimed(Map.entry(destroy.slot(), kind), waiting.keySet())) {
            assertReadyMachinesAreUsed();
        }
        warm.remove(destroy.slot());
        ending.put(destroy.slot(), kind);
    }

    private void refused(PoolAction.Refuse refuse) {
        assertThat(machines()).as("machines that could make room").isZero();
        assertThat(BookedMemory.limit(refuse.kind().size())).isGreaterThan(memory.totalBytes());
        assertThat(waiting).containsKey(refuse.ticket());
        forget(refuse.ticket());
    }

    private void forget(long ticket) {
        waiting.remove(ticket);
        withoutMemorySince.remove(ticket);
        if (waiting.isEmpty()) {
            passedOver.clear();
        }
    }

    /** Returns whether the request must wait for a template that is being made. */
    private boolean awaitsTemplate(MachineKind kind) {
        return !made.contains(kind.fresh())
                && !made.containsAll(
                        starting.values().stream().map(MachineKind::fresh).toList());
    }

    private void atRest() {
        PoolStatus status = state.status();
        assertThat(List.of(status.waiting(), status.starting(), status.warm(), status.active(), status.ending()))
                .containsExactly(waiting.size(), starting.size(), warm.size(), leased.size(), ending.size());
        assertThat(machines()).isLessThanOrEqualTo(plan.max());
        assertThat(status.peak()).isLessThanOrEqualTo(plan.max());
        holders.values()
                .forEach(claimant -> assertThat(held(claimant))
                        .as("machines of " + claimant.name())
                        .isLessThanOrEqualTo(claimant.share().machines().orElse(Integer.MAX_VALUE)));
        assertThat(sandboxes()).as("sandboxes").isLessThanOrEqualTo(plan.sandboxes());
        List<Waiting> inLine = inLine();
        if (inLine.isEmpty()) {
            assertThat(count(warm, plan.usual())).isEqualTo(warm.size()).isLessThanOrEqualTo(plan.warm());
            if (!state.isShort() && busy() < plan.processors()) {
                assertThat(everPrimed).as("primed while there is time").containsAll(warm.keySet());
            }
        } else {
            assertThat(starting.size() + leased.size() + ending.size())
                    .as("machines whose end, or start, the requests wait for")
                    .isPositive();
        }
        saved.checkWarm(warm, waiting.keySet());
        assertReadyMachinesAreUsed();
        assertRoomIsUsed();
        noteRequestsWithoutMemory();
    }

    /** Checks that a ready machine that may grow is granted to a matching request. */
    private void assertReadyMachinesAreUsed() {
        if (waiting.values().stream().anyMatch(this::mayBeOverdue)) {
            return; // An overdue request may delay all others.
        }
        assertThat(inLine())
                .as("wanted, and ready")
                .noneMatch(request -> warm.containsValue(request.kind())
                        && BookedMemory.limit(request.kind().size()) - BookedMemory.FIRST_BYTES <= memory.freeBytes());
    }

    /** Checks that a machine is started for a request whenever there is room, even if another request lacks memory. */
    private void assertRoomIsUsed() {
        if (waiting.values().stream().anyMatch(this::mayBeOverdue)) {
            return;
        }
        List<MachineKind> unclaimed = new ArrayList<>(starting.values());
        List<Waiting> without = inLine().stream()
                .filter(request -> !isCutOff(request.claimant()))
                .filter(request -> !unclaimed.remove(request.kind()))
                .filter(request -> !awaitsTemplate(request.kind()))
                .filter(request -> !saved.isContinued(request.kind()))
                .toList();
        if (!without.isEmpty() && warm.isEmpty() && ending.isEmpty()) {
            assertThat(without)
                    .as("fits while there is room")
                    .noneMatch(request -> machines() < plan.max()
                            && BookedMemory.limit(request.kind().size()) <= memory.freeBytes());
        }
        if (!state.isShort() && without.size() > ending.size()) {
            assertThat(machines()).as("machines while a request has none").isEqualTo(plan.max());
            assertThat(warm).as("ready while a request waits for room").isEmpty();
        }
    }

    private void noteRequestsWithoutMemory() {
        for (Waiting request : waiting.values()) {
            boolean memoryIsMissing = inLine().contains(request)
                    && machines() < plan.max()
                    && !starting.containsValue(request.kind())
                    && !warm.containsValue(request.kind())
                    && !awaitsTemplate(request.kind())
                    && !saved.isContinued(request.kind())
                    && BookedMemory.limit(request.kind().size()) > memory.freeBytes();
            if (!memoryIsMissing) {
                withoutMemorySince.remove(request.ticket());
                passedOverdue.remove(request.ticket());
            } else if (!isCutOff(request.claimant()) && !isHeldUp(request)) {
                withoutMemorySince.putIfAbsent(request.ticket(), nowNanos);
            }
        }
    }

    /** Returns whether the request may have to wait for an overdue one. */
    private boolean isHeldUp(Waiting request) {
        return waiting.values().stream().anyMatch(other -> !other.equals(request) && mayBeOverdue(other));
    }

    private List<Waiting> inLine() {
        return waiting.values().stream()
                .filter(request -> held(request.claimant())
                        < request.claimant().share().machines().orElse(Integer.MAX_VALUE))
                .filter(request -> !request.claimant().forSandboxes() || sandboxes() < plan.sandboxes())
                .toList();
    }

    private boolean isCutOff(Claimant claimant) {
        return claimant.share().machines().isPresent() || claimant.forSandboxes();
    }

    private long sandboxes() {
        return holders.values().stream().filter(Claimant::forSandboxes).count();
    }

    /** Returns the number of machines that run programs, or may: not that of idle ones, nor that of sandboxes. */
    private long busy() {
        return machines() - warm.size() - sandboxes();
    }

    private long held(Claimant claimant) {
        return holders.values().stream().filter(claimant::equals).count();
    }

    /** Returns the number of machines of a client, for its programs and as its sandboxes. */
    private long heldByClient(Claimant claimant) {
        return holders.values().stream()
                .filter(holder -> holder.name().equals(claimant.name()))
                .count();
    }

    private int machines() {
        return starting.size() + warm.size() + leased.size() + ending.size();
    }

    private static long count(Map<Long, MachineKind> machines, MachineKind kind) {
        return machines.values().stream().filter(kind::equals).count();
    }

    private static long chosen(Map<Long, ?> candidates, int choice) {
        return List.copyOf(candidates.keySet()).get(choice % candidates.size());
    }
}

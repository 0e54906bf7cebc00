package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.vm.VmId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/**
 * An independent model of {@link SandboxBook}: a plain table that is changed by the events and by the steps that the book
 * takes. Each step is checked against it, and after each event all that the book says.
 */
final class SandboxBooks {
    private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

    /** The ids of sandboxes only have to differ. */
    private final Random random = new Random(1);

    private final int most;
    private final List<SandboxOwner> owners;
    private final SandboxBook book;
    private final Map<SandboxId, Row> rows = new LinkedHashMap<>();
    private long nowNanos;
    private boolean stopped;

    /** What is known of a sandbox. */
    private static final class Row {
        private final SandboxOwner owner;
        private final SandboxSpec spec;
        private SandboxPhase phase = SandboxPhase.CREATING;
        private boolean hasMachine;
        private boolean counts = true;
        private long endsNanos;
        private long clockSetNanos;
        private long layersReadNanos;
        private Optional<SandboxEnd> decided = Optional.empty();

        Row(SandboxOwner owner, SandboxSpec spec) {
            this.owner = owner;
            this.spec = spec;
        }
    }

    SandboxBooks(int most, List<SandboxOwner> owners) {
        this.most = most;
        this.owners = owners;
        this.book = new SandboxBook(most);
    }

    static SandboxSpec spec(Duration timeout) {
        return spec(timeout, SandboxSize.SMALL, Optional.empty());
    }

    static SandboxSpec spec(Duration timeout, SandboxSize size, Optional<String> key) {
        return new SandboxSpec(new MachineKind("base", size), timeout, Map.of(), Optional.empty(), Map.of(), "", key);
    }

    void create(int choice) {
        SandboxOwner owner = owners.get(choice % owners.size());
        SandboxSize size = choice % 5 == 0 ? SandboxSize.LARGE : SandboxSize.SMALL;
        Optional<String> key = Optional.of("key-" + choice % 7).filter(_ -> choice % 2 == 0);
        SandboxSpec spec = spec(Duration.ofSeconds(1 + choice), size, key);
        SandboxId id = SandboxId.random(random);
        Optional<SandboxId> before =
                key.flatMap(text -> book.created(owner.name(), text, nowNanos)).map(SandboxState::id);
        assertThat(before).as("created with the same key").isEqualTo(key.flatMap(text -> repeated(owner, text)));
        if (before.isPresent()) {
            return;
        }
        if (mayCreate(owner, size)) {
            assertThat(book.create(id, spec, owner, START.plusNanos(nowNanos), nowNanos)
                            .phase())
                    .isEqualTo(SandboxPhase.CREATING);
            rows.put(id, new Row(owner, spec));
        } else {
            assertThatThrownBy(() -> book.create(id, spec, owner, START, nowNanos))
                    .isInstanceOfSatisfying(NeuroVisorException.class, failure -> {
                        assertThat(failure.fault()).isEqualTo(stopped ? Fault.STOPPING : Fault.SANDBOX_QUOTA);
                        assertThat(failure.retryAfter().isPresent()).isEqualTo(!stopped);
                    });
        }
        check();
    }

    private boolean mayCreate(SandboxOwner owner, SandboxSize size) {
        List<Row> own =
                counting().filter(row -> row.owner.name().equals(owner.name())).toList();
        long bytes =
                own.stream().mapToLong(row -> bytes(row.spec.kind().size())).sum() + bytes(size);
        return !stopped
                && counting().count() < most
                && own.size() < owner.sandboxes().orElse(Integer.MAX_VALUE)
                && bytes <= owner.memoryBytes().orElse(Long.MAX_VALUE);
    }

    private Optional<SandboxId> repeated(SandboxOwner owner, String key) {
        return rows.entrySet().stream()
                .filter(entry -> entry.getValue().owner.name().equals(owner.name()))
                .filter(entry -> entry.getValue().spec.idempotencyKey().equals(Optional.of(key)))
                .filter(entry -> entry.getValue().phase != SandboxPhase.ENDED
                        || (!entry.getValue().decided.equals(Optional.of(SandboxEnd.FAILED))
                                && (entry.getValue().counts
                                        || nowNanos - entry.getValue().endsNanos
                                                <= Duration.ofMinutes(15).toNanos())))
                .map(Map.Entry::getKey)
                .reduce((_, latest) -> latest);
    }

    void becomesReady(int choice) {
        SandboxId id = chosen(SandboxPhase.CREATING, choice);
        Row row = row(id);
        Optional<SandboxStep> step = book.running(id, new VmId("vm-" + choice), nowNanos);
        row.phase = SandboxPhase.RUNNING;
        row.hasMachine = true;
        row.endsNanos = nowNanos + row.spec.timeout().toNanos();
        row.clockSetNanos = nowNanos - SandboxState.CLOCK_INTERVAL.toNanos();
        row.layersReadNanos = nowNanos;
        assertThat(step.isPresent()).as("was to end").isEqualTo(row.decided.isPresent());
        step.ifPresent(this::done);
        check();
    }

    void getsNoMachine(int choice) {
        SandboxId id = chosen(SandboxPhase.CREATING, choice);
        book.failed(id, "no machine", nowNanos);
        ended(row(id), SandboxEnd.FAILED);
        row(id).counts = false;
        check();
    }

    void kill(int choice) {
        end(choice, SandboxEnd.KILLED);
    }

    private void end(int choice, SandboxEnd end) {
        SandboxId id = List.copyOf(rows.keySet()).get(choice % rows.size());
        Row row = row(id);
        Optional<SandboxStep> step = book.end(id, end, "", nowNanos);
        if (row.phase == SandboxPhase.CREATING || row.phase == SandboxPhase.RUNNING) {
            row.decided = row.decided.or(() -> Optional.of(end));
        }
        assertThat(step.isPresent()).isEqualTo(row.phase == SandboxPhase.RUNNING);
        step.ifPresent(this::done);
        check();
    }

    void machineDies(int choice) {
        SandboxId id = chosen(SandboxPhase.RUNNING, choice);
        row(id).decided = Optional.of(SandboxEnd.DIED);
        done(book.died(id, SandboxEnd.DIED, "signal 9", nowNanos).orElseThrow());
        check();
    }

    void setTimeout(int choice) {
        SandboxId id = chosen(SandboxPhase.RUNNING, choice);
        Duration timeout = Duration.ofSeconds(choice % 400);
        if (timeout.isZero()) {
            row(id).decided = Optional.of(SandboxEnd.TIMED_OUT);
        }
        Optional<SandboxStep> step = book.setTimeout(id, timeout, nowNanos);
        row(id).endsNanos = nowNanos + timeout.toNanos();
        assertThat(step.isPresent()).isEqualTo(timeout.isZero());
        step.ifPresent(this::done);
        check();
    }

    void extend(int choice) {
        SandboxId id = chosen(SandboxPhase.RUNNING, choice);
        Duration timeout = Duration.ofSeconds(1 + choice % 400);
        book.extend(id, timeout, nowNanos);
        row(id).endsNanos = Math.max(row(id).endsNanos, nowNanos + timeout.toNanos());
        check();
    }

    void machineIsKilled(int choice) {
        List<SandboxId> ending = rows.entrySet().stream()
                .filter(entry -> entry.getValue().phase == SandboxPhase.ENDED && entry.getValue().hasMachine)
                .map(Map.Entry::getKey)
                .toList();
        SandboxId id = ending.get(choice % ending.size());
        book.released(id);
        row(id).hasMachine = false;
        row(id).counts = false;
        check();
    }

    void passTime(Duration duration) {
        nowNanos += duration.toNanos();
        for (Optional<SandboxStep> step = book.next(nowNanos); step.isPresent(); step = book.next(nowNanos)) {
            if (step.get() instanceof SandboxStep.End(SandboxId id)) {
                assertThat(row(id).endsNanos).as("ends at its time").isLessThanOrEqualTo(nowNanos);
                row(id).decided = Optional.of(SandboxEnd.TIMED_OUT);
            }
            done(step.get());
        }
        rows.values()
                .removeIf(row -> row.phase == SandboxPhase.ENDED
                        && !row.counts
                        && nowNanos - row.endsNanos > Duration.ofHours(24).toNanos());
        check();
    }

    void stop() {
        book.stop();
        stopped = true;
        check();
    }

    /** Carries out a step in the table. */
    private void done(SandboxStep step) {
        Row row = row(step.id());
        assertThat(row.phase).isEqualTo(SandboxPhase.RUNNING);
        switch (step) {
            case SandboxStep.End _ -> ended(row, SandboxEnd.LOST);
            case SandboxStep.SetClock _ -> {
                assertThat(nowNanos - row.clockSetNanos).isGreaterThanOrEqualTo(SandboxState.CLOCK_INTERVAL.toNanos());
                row.clockSetNanos = nowNanos;
            }
            case SandboxStep.ReadLayers _ -> {
                assertThat(nowNanos - row.layersReadNanos)
                        .isGreaterThanOrEqualTo(SandboxState.LAYERS_INTERVAL.toNanos());
                row.layersReadNanos = nowNanos;
            }
        }
    }

    /** @param otherwise why it ends if nothing was decided before */
    private void ended(Row row, SandboxEnd otherwise) {
        row.phase = SandboxPhase.ENDED;
        row.endsNanos = nowNanos;
        row.decided = row.decided.or(() -> Optional.of(otherwise));
    }

    /** Ends all that lives and has all machines killed: then nothing counts. */
    void finish() {
        stop();
        while (has(SandboxPhase.CREATING)) {
            becomesReady(0);
        }
        passTime(Duration.ofHours(25));
        while (hasEnding()) {
            machineIsKilled(0);
        }
        assertThat(book.isOver()).isTrue();
        passTime(Duration.ofHours(25));
        assertThat(owners.stream().flatMap(owner -> book.of(owner.name())))
                .as("remembered after a day")
                .isEmpty();
    }

    boolean has(SandboxPhase phase) {
        return rows.values().stream().anyMatch(row -> row.phase == phase);
    }

    boolean hasAny() {
        return !rows.isEmpty();
    }

    boolean hasEnding() {
        return rows.values().stream().anyMatch(row -> row.phase == SandboxPhase.ENDED && row.hasMachine);
    }

    private void check() {
        assertThat(counting().count())
                .as("sandboxes that count")
                .isLessThanOrEqualTo(most)
                .isEqualTo(book.size());
        for (SandboxOwner owner : owners) {
            List<Row> own = counting().filter(row -> row.owner.equals(owner)).toList();
            assertThat(own)
                    .as("of " + owner.name())
                    .hasSizeLessThanOrEqualTo(owner.sandboxes().orElse(Integer.MAX_VALUE));
            assertThat(own.stream()
                            .mapToLong(row -> bytes(row.spec.kind().size()))
                            .sum())
                    .as("memory of " + owner.name())
                    .isLessThanOrEqualTo(owner.memoryBytes().orElse(Long.MAX_VALUE));
            assertThat(book.of(owner.name()).map(SandboxState::id))
                    .as("the view of " + owner.name())
                    .containsExactlyElementsOf(rows.entrySet().stream()
                            .filter(entry -> entry.getValue().owner.equals(owner))
                            .map(Map.Entry::getKey)
                            .toList()
                            .reversed());
        }
        rows.forEach((id, row) -> {
            SandboxState state = book.find(id).orElseThrow();
            assertThat(state.phase()).isEqualTo(row.phase);
            assertThat(state.isHolding()).isEqualTo(row.counts);
            assertThat(state.end()).isEqualTo(row.decided.filter(_ -> row.phase == SandboxPhase.ENDED));
            if (row.phase == SandboxPhase.RUNNING) {
                assertThat(row.hasMachine).isTrue();
                assertThat(state.endsNanos()).isEqualTo(row.endsNanos);
            }
        });
        assertThat(book.untilNext(nowNanos)).as("until the next step").isEqualTo(untilNext());
    }

    private Duration untilNext() {
        return rows.values().stream()
                .filter(row -> row.phase == SandboxPhase.RUNNING)
                .flatMap(row -> Stream.of(
                        Duration.ofNanos(row.endsNanos - nowNanos),
                        SandboxState.CLOCK_INTERVAL.minusNanos(nowNanos - row.clockSetNanos),
                        SandboxState.LAYERS_INTERVAL.minusNanos(nowNanos - row.layersReadNanos)))
                .min(Duration::compareTo)
                .orElse(SandboxBook.NEVER);
    }

    private Stream<Row> counting() {
        return rows.values().stream().filter(row -> row.counts);
    }

    private SandboxId chosen(SandboxPhase phase, int choice) {
        List<SandboxId> candidates = new ArrayList<>();
        rows.forEach((id, row) -> {
            if (row.phase == phase) {
                candidates.add(id);
            }
        });
        return candidates.get(choice % candidates.size());
    }

    private Row row(SandboxId id) {
        return Objects.requireNonNull(rows.get(id), "it is known");
    }

    private static long bytes(SandboxSize size) {
        return (long) size.memoryMebibytes() << 20;
    }
}

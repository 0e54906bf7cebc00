package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.sandbox.BookedSandbox.Work;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** The table of {@link SandboxBooks}, with what is asked of it and compared with the book. */
abstract class BookTable {
    static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

    final int most;
    final int mostPaused;
    final List<SandboxOwner> owners;
    final Map<SandboxId, BookedSandbox> rows = new LinkedHashMap<>();
    SandboxBook book;
    long nowNanos;
    boolean stopped;

    /** How often a daemon was stopped, each of which may pause all that have machines. */
    int stops;

    BookTable(int most, int mostPaused, List<SandboxOwner> owners) {
        this.most = most;
        this.mostPaused = mostPaused;
        this.owners = owners;
        this.book = new SandboxBook(most, mostPaused);
    }

    boolean mayRun(SandboxOwner owner, SandboxSize size) {
        return !stopped && checks().mayRun(owner, size, most);
    }

    void assertNoRoom(ThrowingCallable call, boolean mayPass) {
        assertThatThrownBy(call).isInstanceOfSatisfying(NeuroVisorException.class, failure -> {
            assertThat(failure.fault()).isEqualTo(stopped ? Fault.STOPPING : Fault.SANDBOX_QUOTA);
            assertThat(failure.retryAfter().isPresent()).isEqualTo(mayPass && !stopped);
        });
    }

    boolean hasCall() {
        return rows.values().stream().anyMatch(row -> row.calls > 0);
    }

    int size() {
        return rows.size();
    }

    boolean has(SandboxPhase phase) {
        return rows.values().stream().anyMatch(row -> row.phase == phase);
    }

    boolean has(Work work) {
        return rows.values().stream().anyMatch(row -> row.work == work);
    }

    boolean hasLost() {
        return rows.values().stream().anyMatch(row -> row.canGoBack);
    }

    boolean hasAny() {
        return !rows.isEmpty();
    }

    boolean hasRunningOrPaused() {
        return rows.values().stream().anyMatch(SandboxBooks::isThere);
    }

    static boolean isThere(BookedSandbox row) {
        return row.phase == SandboxPhase.RUNNING || row.phase == SandboxPhase.PAUSED;
    }

    /** Checks that the end of a sandbox is begun, or that nothing is. */
    void expect(SandboxId id, Optional<SandboxStep> step, boolean ends) {
        assertThat(step.isPresent()).as("ends").isEqualTo(ends);
        step.ifPresent(end -> {
            assertThat(end).isInstanceOf(SandboxStep.End.class);
            if (row(id).isOnDisk) {
                assertThat(end)
                        .as("removes its checkpoint")
                        .isEqualTo(new SandboxStep.End(id, !row(id).isKeptAtItsEnd()));
            }
            row(id).begin(Work.END);
        });
        check();
    }

    SandboxBookChecks checks() {
        return new SandboxBookChecks(book, rows, owners, nowNanos);
    }

    void check() {
        checks().check(most, mostPaused + stops * most);
    }

    SandboxId reported(Work work, int choice) {
        SandboxId id = chosen(row -> row.work == work, choice);
        row(id).work = Work.NONE;
        return id;
    }

    SandboxId chosen(Predicate<BookedSandbox> possible, int choice) {
        List<SandboxId> candidates = rows.entrySet().stream()
                .filter(entry -> possible.test(entry.getValue()))
                .map(Map.Entry::getKey)
                .toList();
        return candidates.get(choice % candidates.size());
    }

    BookedSandbox row(SandboxId id) {
        return Objects.requireNonNull(rows.get(id), "it is known");
    }
}

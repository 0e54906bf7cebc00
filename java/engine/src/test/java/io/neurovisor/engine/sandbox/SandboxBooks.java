package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.sandbox.BookedSandbox.Work;
import io.neurovisor.engine.sandbox.SandboxSpec.OnTimeout;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.vm.VmId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * An independent model of {@link SandboxBook}: a plain table that is changed by the events and by the steps that the book
 * takes. Each step is checked against it, and after each event all that the book says.
 */
final class SandboxBooks extends BookTable {
    /** The ids of sandboxes only have to differ. */
    private final Random random = new Random(1);

    SandboxBooks(int most, int mostPaused, List<SandboxOwner> owners) {
        super(most, mostPaused, owners);
    }

    void create(int choice) {
        SandboxOwner owner = owners.get(choice % owners.size());
        SandboxSize size = choice % 5 == 0 ? SandboxSize.LARGE : SandboxSize.SMALL;
        Optional<String> key = Optional.of("key-" + choice % 7).filter(_ -> choice % 2 == 0);
        OnTimeout onTimeout = choice / 3 % 2 == 0 ? OnTimeout.PAUSE : OnTimeout.KILL;
        SandboxSpec usual = SandboxSpecs.spec(Duration.ofSeconds(1 + choice), size, key, onTimeout, false);
        SandboxSpec spec = choice % 4 < 2 ? usual : usual.pausedAfter(Duration.ofSeconds(10 + choice % 90));
        SandboxId id = SandboxId.random(random);
        Optional<SandboxId> before =
                key.flatMap(text -> book.created(owner.name(), text, nowNanos)).map(SandboxState::id);
        assertThat(before).as("created with the same key").isEqualTo(key.flatMap(text -> repeated(owner, text)));
        if (before.isPresent()) {
            return;
        }
        if (mayRun(owner, size)) {
            assertThat(book.create(id, spec, owner, START.plusNanos(nowNanos), nowNanos)
                            .phase())
                    .isEqualTo(SandboxPhase.CREATING);
            rows.put(id, new BookedSandbox(owner, spec));
        } else {
            assertNoRoom(() -> book.create(id, spec, owner, START, nowNanos), true);
        }
        check();
    }

    private Optional<SandboxId> repeated(SandboxOwner owner, String key) {
        return rows.entrySet().stream()
                .filter(entry -> entry.getValue().isRepeated(owner, key, nowNanos))
                .map(Map.Entry::getKey)
                .reduce((_, latest) -> latest);
    }

    void becomesReady(int choice) {
        SandboxId id = chosen(row -> row.phase == SandboxPhase.CREATING, choice);
        BookedSandbox row = row(id);
        Optional<SandboxStep> step = book.running(id, new VmId("vm-" + choice), nowNanos);
        row.phase = SandboxPhase.RUNNING;
        row.getMachine(nowNanos);
        row.endsNanos = nowNanos + row.spec.timeout().toNanos();
        row.decided.ifPresent(why -> row.end(why, nowNanos));
        expect(id, step, row.decided.isPresent());
    }

    void getsNoMachine(int choice) {
        SandboxId id = chosen(row -> row.phase == SandboxPhase.CREATING, choice);
        book.failed(id, "no machine", nowNanos);
        row(id).end(SandboxEnd.FAILED, nowNanos);
        row(id).counts = false;
        row(id).isOver = true;
        check();
    }

    void kill(int choice) {
        SandboxId id = chosen(_ -> true, choice);
        BookedSandbox row = row(id);
        Optional<SandboxStep> step = book.end(id, SandboxEnd.KILLED, "", nowNanos);
        switch (row.phase) {
            case CREATING -> row.decided = row.decided.or(() -> Optional.of(SandboxEnd.KILLED));
            case RUNNING, COPYING, PAUSED, PAUSING, RESUMING -> row.end(SandboxEnd.KILLED, nowNanos);
            case ENDED -> {
                assertThat(step).isEqualTo(row.giveUp(id, SandboxEnd.KILLED));
                check();
                return;
            }
        }
        if (row.phase == SandboxPhase.ENDED && row.work != Work.NONE) {
            assertThat(step).as("what is under way is ended").contains(new SandboxStep.Abort(id));
            check();
        } else {
            expect(id, step, row.phase == SandboxPhase.ENDED);
        }
    }

    void machineDies(int choice) {
        SandboxId id = chosen(row -> row.phase == SandboxPhase.RUNNING, choice);
        int pauses = book.find(id).orElseThrow().pauses().begun();
        assertThat(book.died(id, pauses - 1, SandboxEnd.DIED, "signal 9", nowNanos))
                .as("of a machine before its last pause")
                .isEmpty();
        Optional<SandboxStep> step = book.died(id, pauses, SandboxEnd.DIED, "signal 9", nowNanos);
        row(id).end(SandboxEnd.DIED, nowNanos);
        expect(id, step, true);
    }

    void setTimeout(int choice) {
        SandboxId id = chosen(SandboxBooks::isThere, choice);
        Duration timeout = Duration.ofSeconds(1 + choice % 400);
        book.setTimeout(id, timeout, nowNanos);
        row(id).endsNanos = nowNanos + timeout.toNanos();
        row(id).failedPauses = 0;
        check();
    }

    void extend(int choice) {
        SandboxId id = chosen(SandboxBooks::isThere, choice);
        BookedSandbox row = row(id);
        long endsNanos = nowNanos + Duration.ofSeconds(1 + choice % 400).toNanos();
        book.extend(id, Duration.ofNanos(endsNanos - nowNanos), nowNanos);
        row.failedPauses = endsNanos > row.endsNanos ? 0 : row.failedPauses;
        row.endsNanos = Math.max(row.endsNanos, endsNanos);
        check();
    }

    void beginCall(int choice) {
        SandboxId id = chosen(row -> row.phase == SandboxPhase.RUNNING, choice);
        book.find(id).orElseThrow().beginCall();
        row(id).calls++;
        check();
    }

    void endCall(int choice) {
        SandboxId id = chosen(row -> row.calls > 0, choice);
        book.find(id).orElseThrow().endCall(nowNanos);
        row(id).calls--;
        row(id).usedNanos = nowNanos;
        check();
    }

    void pause(int choice) {
        SandboxId id = chosen(_ -> true, choice);
        BookedSandbox row = row(id);
        PauseReason reason = stopped ? PauseReason.SHUTDOWN : PauseReason.CLIENT;
        if (row.phase == SandboxPhase.RUNNING && !stopped && !checks().mayPause(row, mostPaused)) {
            assertNoRoom(() -> book.pause(id, reason), false);
            check();
            return;
        }
        Optional<SandboxStep> step = book.pause(id, reason);
        assertThat(step.isPresent()).isEqualTo(row.phase == SandboxPhase.RUNNING);
        step.ifPresent(save -> assertThat(save).isEqualTo(row.beginPause(id, reason)));
        check();
    }

    void copy(int choice) {
        SandboxId id = chosen(_ -> true, choice);
        BookedSandbox row = row(id);
        boolean begins = row.phase == SandboxPhase.RUNNING;
        assertThat(book.copy(id)).isEqualTo(begins);
        if (begins) {
            row.phase = SandboxPhase.COPYING;
            row.begin(Work.COPY);
        }
        check();
    }

    void isCopied(int choice) {
        SandboxId id = reported(Work.COPY, choice);
        goesOn(id, book.notSaved(id, Optional.empty(), "", nowNanos));
    }

    void isNotCopied(int choice) {
        SandboxId id = reported(Work.COPY, choice);
        goesOn(id, book.notSaved(id, Optional.empty(), "a program does not stop", nowNanos));
    }

    private void goesOn(SandboxId id, Optional<SandboxStep> step) {
        BookedSandbox row = row(id);
        if (row.phase == SandboxPhase.COPYING) {
            row.phase = SandboxPhase.RUNNING;
            row.usedNanos = nowNanos;
            row.otherwise.ifPresent(why -> row.end(why, nowNanos));
        }
        expect(id, step, row.phase == SandboxPhase.ENDED);
    }

    void saveSucceeds(int choice) {
        SandboxId id = reported(Work.SAVE, choice);
        BookedSandbox row = row(id);
        SandboxStep step = book.saved(id);
        row.isOnDisk = true;
        if (row.phase == SandboxPhase.ENDED) {
            expect(id, Optional.of(step), true);
            return;
        }
        row.isSaved = true;
        row.begin(Work.PAUSE);
        assertThat(step).isEqualTo(new SandboxStep.Pause(id));
        check();
    }

    void saveFails(int choice) {
        SandboxId id = reported(Work.SAVE, choice);
        BookedSandbox row = row(id);
        boolean isLast = row.reason.equals(Optional.of(PauseReason.TIMED_OUT));
        Optional<SandboxStep> step = book.notSaved(id, Optional.empty(), "a program does not stop", nowNanos);
        if (row.phase == SandboxPhase.PAUSING) {
            row.phase = SandboxPhase.RUNNING;
            row.usedNanos = nowNanos;
            row.otherwise.ifPresent(why -> row.end(why, nowNanos));
            boolean _ = row.otherwise.isEmpty() && isLast && row.failsToPause(nowNanos);
        }
        expect(id, step, row.phase == SandboxPhase.ENDED);
    }

    /** @param work to save it, for a pause or for copies */
    void machineDies(Work work, int choice) {
        SandboxId id = reported(work, choice);
        Optional<SandboxStep> step = book.notSaved(id, Optional.of(SandboxEnd.DIED), "signal 9", nowNanos);
        if (row(id).phase != SandboxPhase.ENDED) {
            row(id).end(SandboxEnd.DIED, nowNanos);
        }
        expect(id, step, true);
    }

    void isPaused(int choice) {
        SandboxId id = reported(Work.PAUSE, choice);
        BookedSandbox row = row(id);
        Optional<SandboxStep> step = book.paused(id);
        row.loseMachine();
        becomesPaused(row);
        row.failedPauses = row.phase == SandboxPhase.PAUSED ? 0 : row.failedPauses;
        expect(id, step, row.phase == SandboxPhase.ENDED);
    }

    private static void becomesPaused(BookedSandbox row) {
        if (row.phase != SandboxPhase.ENDED) {
            row.phase = SandboxPhase.PAUSED;
            row.otherwise = Optional.empty();
        }
    }

    void resume(int choice) {
        SandboxId id = chosen(row -> row.phase == SandboxPhase.PAUSED, choice);
        BookedSandbox row = row(id);
        if (!mayRun(row.owner, row.spec.kind().size())) {
            assertNoRoom(() -> book.resume(id, row.owner, nowNanos), true);
            check();
            return;
        }
        assertThat(book.resume(id, row.owner, nowNanos)).isTrue();
        assertThat(book.resume(id, row.owner, nowNanos)).as("twice").isFalse();
        row.phase = SandboxPhase.RESUMING;
        row.counts = true;
        row.begin(Work.RESTORE);
        if (row.isToBePaused() && row.endsNanos <= nowNanos) {
            row.endsNanos = nowNanos + row.spec.timeout().toNanos();
        }
        check();
    }

    void restoreSucceeds(int choice) {
        SandboxId id = reported(Work.RESTORE, choice);
        BookedSandbox row = row(id);
        row.getMachine(nowNanos);
        Optional<SandboxStep> step = book.restored(id, new VmId("vm-" + choice), nowNanos);
        if (row.phase == SandboxPhase.RESUMING && row.otherwise.isPresent()) {
            assertThat(step).contains(new SandboxStep.Pause(id));
            row.begin(Work.PAUSE);
            check();
            return;
        }
        if (row.phase == SandboxPhase.RESUMING) {
            row.phase = SandboxPhase.RUNNING;
            row.isSaved = false;
            row.deaths = 0;
        }
        expect(id, step, row.phase == SandboxPhase.ENDED);
    }

    /** @param choice it has died if this is odd */
    void restoreFails(int choice) {
        SandboxId id = reported(Work.RESTORE, choice);
        BookedSandbox row = row(id);
        boolean died = choice % 2 == 1;
        Optional<SandboxStep> step = book.notRestored(id, died, "it was not resumed", nowNanos);
        row.counts = false;
        becomesPaused(row);
        row.deaths += died && row.phase == SandboxPhase.PAUSED ? 1 : 0;
        if (row.phase == SandboxPhase.PAUSED && row.deaths == SandboxPauses.MOST_DEATHS) {
            row.end(SandboxEnd.DIED, nowNanos);
        }
        expect(id, step, row.phase == SandboxPhase.ENDED);
    }

    void endIsComplete(int choice) {
        SandboxId id = reported(Work.END, choice);
        BookedSandbox row = row(id);
        book.released(id);
        row.loseMachine();
        row.isOver = true;
        row.isOnDisk &= row.isKeptAtItsEnd();
        check();
    }

    void passTime(Duration duration) {
        nowNanos += duration.toNanos();
        Optional<SandboxStep> expected = next();
        while (expected.isPresent()) {
            assertThat(book.next(nowNanos)).isEqualTo(expected);
            expected = next();
        }
        assertThat(book.next(nowNanos)).isEmpty();
        rows.values()
                .removeIf(row -> row.isOver
                        && !row.canGoBack
                        && nowNanos - row.endsNanos > Duration.ofHours(24).toNanos());
        check();
        assertThat(rows.values())
                .as("runs after its time")
                .noneMatch(row -> row.phase == SandboxPhase.RUNNING && row.endsNanos <= nowNanos);
    }

    /** Returns what is due first, after doing it. */
    private Optional<SandboxStep> next() {
        for (Map.Entry<SandboxId, BookedSandbox> entry : rows.entrySet()) {
            SandboxId id = entry.getKey();
            BookedSandbox row = entry.getValue();
            Optional<SandboxStep> step = row.next(id, checks().mayPause(row, mostPaused), nowNanos);
            if (step.isPresent()) {
                return step;
            }
        }
        return Optional.empty();
    }

    void stop() {
        book.stop();
        stops += stopped ? 0 : 1;
        stopped = true;
        check();
    }

    /** The daemon ends what it has not paused. */
    void giveUp() {
        stop();
        for (SandboxId id : List.copyOf(rows.keySet())) {
            BookedSandbox row = row(id);
            Optional<SandboxStep> step = book.stop(id, SandboxEnd.LOST, "", nowNanos);
            boolean ends = row.phase == SandboxPhase.RUNNING;
            switch (row.phase) {
                case CREATING -> row.decided = row.decided.or(() -> Optional.of(SandboxEnd.LOST));
                case RUNNING -> row.end(SandboxEnd.LOST, nowNanos);
                case COPYING, PAUSING, RESUMING -> row.otherwise = Optional.of(SandboxEnd.LOST);
                case PAUSED, ENDED -> {}
            }
            expect(id, step, ends);
        }
    }

    /** The daemon is killed, and the next one finds the records of those that are paused, are lost and have ended. */
    void restart() {
        SandboxBook before = book;
        book = new SandboxBook(most, mostPaused);
        stopped = false;
        rows.entrySet().removeIf(entry -> {
            BookedSandbox row = entry.getValue();
            SandboxRecord record = before.find(entry.getKey()).orElseThrow().record();
            assertThat(record.isPaused())
                    .as("recorded as paused")
                    .isEqualTo(row.phase != SandboxPhase.ENDED && row.isSaved);
            if (record.isPaused()) {
                row.isFound();
            } else if (!row.isOver && !row.isOnDisk) {
                return true;
            } else if (row.isOnDisk) {
                record = lost(row, record);
            }
            book.remember(record, row.endsNanos);
            return false;
        });
        check();
    }

    /** Returns the record of one that is lost, but not what it was when it was saved last. */
    private SandboxRecord lost(BookedSandbox row, SandboxRecord record) {
        if (!row.isOver) {
            row.isLost(nowNanos);
        }
        row.canGoBack = true;
        return new SandboxRecord(
                        record.id(),
                        record.owner(),
                        record.spec(),
                        record.created(),
                        START.plusNanos(row.endsNanos),
                        record.vmId(),
                        record.generation(),
                        Optional.of(SandboxEnd.LOST),
                        "its daemon was killed")
                .withOlder(new SandboxCheckpoint(record.id(), 1, START));
    }

    void goBack(int choice) {
        SandboxId id = chosen(row -> row.canGoBack, choice);
        BookedSandbox row = row(id);
        if (!checks().mayPause(row, mostPaused)) {
            assertThatThrownBy(() -> book.earlier(id, row.owner, nowNanos)).hasMessageContaining("paused");
            check();
            return;
        }
        SandboxRecord earlier = book.earlier(id, row.owner, nowNanos).orElseThrow();
        assertThat(earlier.isPaused()).isTrue();
        assertThat(earlier.generation()).isOne();
        assertThat(book.goBack(earlier)).isTrue();
        assertThat(book.goBack(earlier)).as("twice").isFalse();
        assertThat(book.earlier(id, row.owner, nowNanos)).isEmpty();
        row.isFound();
        row.isOver = false;
        row.isSaved = true;
        row.mayBeOnDisk = true;
        row.canGoBack = false;
        row.decided = Optional.empty();
        row.endsNanos = nowNanos + row.spec.timeout().toNanos();
        check();
    }

    void assertsThatAllIsOver() {
        assertThat(book.isOver()).isTrue();
    }

    void assertsThatNothingIsRemembered() {
        assertThat(owners.stream().flatMap(owner -> book.of(owner.name())))
                .as("remembered after a day")
                .isEmpty();
    }
}

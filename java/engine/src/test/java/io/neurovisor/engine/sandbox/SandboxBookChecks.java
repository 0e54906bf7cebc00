package io.neurovisor.engine.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Compares all that a {@link SandboxBook} says with the rows of its model, which keep the promises of the book. */
record SandboxBookChecks(
        SandboxBook book, Map<SandboxId, BookedSandbox> rows, List<SandboxOwner> owners, long nowNanos) {
    /**
     * @param most the most that may have machines
     * @param mostPaused the most that may be paused
     */
    void check(int most, int mostPaused) {
        assertThat(counting().count())
                .as("sandboxes that count")
                .isLessThanOrEqualTo(most)
                .isEqualTo(book.size());
        assertThat(rows.values().stream().filter(BookedSandbox::countsAsPaused).count())
                .as("paused sandboxes")
                .isLessThanOrEqualTo(mostPaused)
                .isEqualTo(book.sizePaused());
        owners.forEach(this::checkOwner);
        rows.forEach((id, row) -> checkRow(row, book.find(id).orElseThrow()));
        assertThat(book.untilNext(nowNanos))
                .as("until the next step")
                .isEqualTo(rows.values().stream()
                        .map(row -> row.untilNext(nowNanos))
                        .min(Duration::compareTo)
                        .orElse(SandboxBook.NEVER));
    }

    /**
     * Returns whether one more of an owner is within the limits.
     *
     * @param most the most that may have machines
     */
    boolean mayRun(SandboxOwner owner, SandboxSize size, int most) {
        List<BookedSandbox> own =
                counting().filter(row -> row.owner.name().equals(owner.name())).toList();
        long bytes =
                own.stream().mapToLong(row -> bytes(row.spec.kind().size())).sum() + bytes(size);
        return counting().count() < most
                && own.size() < owner.sandboxes().orElse(Integer.MAX_VALUE)
                && bytes <= owner.memoryBytes().orElse(Long.MAX_VALUE);
    }

    /** Returns whether one more of the owner of a sandbox may be paused. */
    boolean mayPause(BookedSandbox row, int mostPaused) {
        List<BookedSandbox> paused =
                rows.values().stream().filter(BookedSandbox::countsAsPaused).toList();
        long own =
                paused.stream().filter(other -> other.owner.equals(row.owner)).count();
        return paused.size() < mostPaused && own < row.owner.paused().orElse(Integer.MAX_VALUE);
    }

    private void checkOwner(SandboxOwner owner) {
        List<BookedSandbox> own =
                counting().filter(row -> row.owner.equals(owner)).toList();
        assertThat(own)
                .as("of " + owner.name())
                .hasSizeLessThanOrEqualTo(owner.sandboxes().orElse(Integer.MAX_VALUE));
        assertThat(own.stream().mapToLong(row -> bytes(row.spec.kind().size())).sum())
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

    private static void checkRow(BookedSandbox row, SandboxState state) {
        assertThat(state.phase()).isEqualTo(row.phase);
        assertThat(state.isHolding()).isEqualTo(row.counts);
        assertThat(state.isOver()).isEqualTo(row.isOver);
        assertThat(state.end()).isEqualTo(row.decided.filter(_ -> row.phase == SandboxPhase.ENDED));
        assertThat(row.hasMachine && !row.counts)
                .as("a machine that does not count")
                .isFalse();
        switch (row.phase) {
            case RUNNING -> {
                assertThat(row.hasMachine).isTrue();
                assertThat(state.endsNanos()).isEqualTo(row.endsNanos);
            }
            case PAUSED -> {
                assertThat(row.isSaved && row.isOnDisk && !row.hasMachine)
                        .as("a whole checkpoint, and no machine")
                        .isTrue();
                assertThat(state.endsNanos()).isEqualTo(row.endsNanos);
            }
            case CREATING, COPYING, PAUSING, RESUMING, ENDED -> {}
        }
    }

    private Stream<BookedSandbox> counting() {
        return rows.values().stream().filter(row -> row.counts);
    }

    static long bytes(SandboxSize size) {
        return (long) size.memoryMebibytes() << 20;
    }
}

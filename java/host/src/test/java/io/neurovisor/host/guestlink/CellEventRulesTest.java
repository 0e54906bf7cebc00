package io.neurovisor.host.guestlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.proto.sandbox.CellAccepted;
import io.neurovisor.proto.sandbox.CellDisplay;
import io.neurovisor.proto.sandbox.CellEnded;
import io.neurovisor.proto.sandbox.CellEvent;
import io.neurovisor.proto.sandbox.CellGap;
import io.neurovisor.proto.sandbox.CellKeepAlive;
import io.neurovisor.proto.sandbox.CellStarted;
import io.neurovisor.proto.sandbox.CellText;
import io.neurovisor.proto.sandbox.DisplayPart;
import java.util.Collections;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a guest may send as the events of a cell. */
final class CellEventRulesTest {
    private static final CellEvent ACCEPTED =
            CellEvent.newBuilder().setAccepted(CellAccepted.newBuilder()).build();

    private final GrpcCellEvents.Rules rules = new GrpcCellEvents.Rules(() -> 0);

    private static CellEvent.Builder numbered(long number) {
        return CellEvent.newBuilder().setNumber(number).setCell(1);
    }

    private static CellEvent text(long number, int characters) {
        return numbered(number)
                .setText(CellText.newBuilder().setText("x".repeat(characters)))
                .build();
    }

    private static CellEvent display(int parts, long bytes) {
        DisplayPart part = DisplayPart.newBuilder().setSize(bytes).build();
        return numbered(1)
                .setDisplay(CellDisplay.newBuilder().addAllParts(Collections.nCopies(parts, part)))
                .build();
    }

    private static CellEvent ended(long number) {
        return numbered(number).setEnded(CellEnded.newBuilder()).build();
    }

    @Test
    void countsWhatAMessageTakes() {
        assertThat(rules.check(ACCEPTED)).isZero();
        assertThat(rules.check(numbered(4).setStarted(CellStarted.newBuilder()).build()))
                .isEqualTo(64);
        CellEvent text = text(5, 1000);
        assertThat(rules.check(text)).isEqualTo(text.getSerializedSize());
        assertThat(rules.isComplete()).isFalse();
        assertThat(rules.check(ended(9))).isEqualTo(64);
        assertThat(rules.isComplete()).isTrue();
    }

    static Stream<Arguments> violations() {
        return Stream.of(
                Arguments.of(text(1, 1), text(2, 1), "sent an event of a cell before it was accepted"),
                Arguments.of(ACCEPTED, ACCEPTED, "accepted a cell twice"),
                Arguments.of(ACCEPTED, text(0, 1), "sent events of a cell whose numbers go back"),
                Arguments.of(ACCEPTED, CellEvent.getDefaultInstance(), "sent an empty event of a cell"),
                Arguments.of(
                        ACCEPTED,
                        numbered(3).setGap(CellGap.newBuilder()).build(),
                        "sent a number of an event that has none"),
                Arguments.of(ACCEPTED, display(1, (8 << 20) + 1), "announced a part of a result of 8388609 bytes"),
                Arguments.of(ACCEPTED, display(1, -1), "announced a part of a result of 18446744073709551615 bytes"),
                Arguments.of(ACCEPTED, display(5, 8 << 20), "announced a result of 41943040 bytes"),
                Arguments.of(ACCEPTED, text(1, 48 << 10), "sent an event of a cell of 49"));
    }

    @ParameterizedTest
    @MethodSource("violations")
    void rejectsWhatBreaksTheProtocol(CellEvent first, CellEvent second, String what) {
        assertViolated(what, () -> {
            int _ = rules.check(first);
            int _ = rules.check(second);
        });
    }

    @Test
    void rejectsNumbersThatGoBackAndEventsAfterTheEnd() {
        int _ = rules.check(ACCEPTED);
        int _ = rules.check(text(7, 1));
        assertViolated("sent events of a cell whose numbers go back", () -> rules.check(text(7, 1)));
        int _ = rules.check(ended(8));
        assertViolated("sent an event after the end of a cell", () -> rules.check(text(9, 1)));
    }

    @Test
    void rejectsKeepAliveEventsWithoutEnd() {
        CellEvent keepAlive =
                CellEvent.newBuilder().setKeepAlive(CellKeepAlive.newBuilder()).build();
        int _ = rules.check(ACCEPTED);
        for (int number = 0; number < ProcessEventRules.KEEP_ALIVES_AT_ONCE; number++) {
            assertThat(rules.check(keepAlive)).isZero();
        }
        assertViolated("sent keep-alive events without end", () -> rules.check(keepAlive));
    }

    @ParameterizedTest
    @CsvSource({
        "NOT_FOUND,           CONTEXT_UNKNOWN: there is no context,   CONTEXT_UNKNOWN",
        "NOT_FOUND,           CELL_UNKNOWN: no cell runs,             CELL_UNKNOWN",
        "FAILED_PRECONDITION, CONTEXT_DEAD: the interpreter ended,    CONTEXT_DEAD",
        "FAILED_PRECONDITION, CONTEXT_BUSY: it runs a cell,           CONTEXT_BUSY",
        "RESOURCE_EXHAUSTED,  CONTEXT_LIMIT: 8 contexts,              CONTEXT_LIMIT",
        "RESOURCE_EXHAUSTED,  CELL_LIMIT: 64 cells,                   CELL_LIMIT",
        "ABORTED,             CONTEXT_RESTARTED: it was restarted,    CONTEXT_RESTARTED",
        "ABORTED,             CONTEXT_REMOVED: it was removed,        CONTEXT_REMOVED",
        "UNIMPLEMENTED,       LANGUAGE_UNSUPPORTED: it has python,    LANGUAGE_UNSUPPORTED",
        "INVALID_ARGUMENT,    code: it is too long,                   INVALID_ARGUMENT",
        "INTERNAL,            no pipe,                                GUEST_REFUSED",
        "UNAVAILABLE,         gone,                                   SANDBOX_LOST",
    })
    void refusalsKeepTheirReason(Status.Code code, String description, Fault fault) {
        Status status = Status.fromCode(code).withDescription(description);
        assertThat(rules.failure(status, status.asException(), true).fault()).isEqualTo(fault);
    }

    private static void assertViolated(String what, Runnable work) {
        assertThatThrownBy(work::run)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        violation -> assertThat(violation.fault()).isEqualTo(Fault.SANDBOX_LOST))
                .hasMessageContaining(what);
    }
}

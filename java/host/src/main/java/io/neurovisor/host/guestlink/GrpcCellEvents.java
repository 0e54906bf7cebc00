package io.neurovisor.host.guestlink;

import io.grpc.Status;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.interpreter.CellEvents;
import io.neurovisor.engine.interpreter.ContextId;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.host.protocol.CellMessages;
import io.neurovisor.proto.sandbox.CellEvent;
import io.neurovisor.proto.sandbox.CellEvent.EventCase;
import io.neurovisor.proto.sandbox.DisplayPart;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The events of a cell of a guest. */
record GrpcCellEvents(ContextId context, GuestStream<?, CellEvent> stream) implements CellEvents {
    @Override
    public Optional<io.neurovisor.engine.interpreter.CellEvent> next() {
        return stream.next().map(CellMessages::event);
    }

    @Override
    public void close() {
        stream.close();
    }

    /**
     * What a guest may send as the events of a cell: first that it was accepted, last its end, and events with increasing numbers
     * between. Not thread-safe.
     */
    static final class Rules implements StreamRules<CellEvent> {
        /** The least that an event counts as, because of what a message costs besides its bytes. */
        private static final int LEAST_COUNTED_BYTES = 64;

        private static final int MOST_BYTES = 48 << 10;

        private static final int MOST_PART_BYTES = 8 << 20;

        private static final int MOST_RESULT_BYTES = 32 << 20;

        private static final Set<EventCase> WITHOUT_NUMBER =
                EnumSet.of(EventCase.ACCEPTED, EventCase.GAP, EventCase.KEEP_ALIVE);

        private static final Set<EventCase> WITHOUT_CREDIT = EnumSet.of(EventCase.ACCEPTED, EventCase.KEEP_ALIVE);

        private final Ticker ticker;
        private final long startNanos;
        private long nextNumber = 1;
        private long keepAlives;
        private boolean accepted;
        private boolean ended;

        Rules(Ticker ticker) {
            this.ticker = ticker;
            this.startNanos = ticker.nanos();
        }

        @Override
        public int check(CellEvent event) {
            EventCase kind = event.getEventCase();
            require(!ended, "sent an event after the end of a cell");
            require(
                    accepted != event.hasAccepted(),
                    accepted ? "accepted a cell twice" : "sent an event of a cell before it was accepted");
            require(kind != EventCase.EVENT_NOT_SET, "sent an empty event of a cell");
            accepted = true;
            if (WITHOUT_NUMBER.contains(kind)) {
                require(event.getNumber() == 0, "sent a number of an event that has none");
            } else {
                require(event.getNumber() >= nextNumber, "sent events of a cell whose numbers go back");
                nextNumber = event.getNumber() + 1;
            }
            if (kind == EventCase.KEEP_ALIVE) {
                keepAlive();
            }
            if (event.hasDisplay()) {
                checkSizes(event.getDisplay().getPartsList());
            }
            ended = kind == EventCase.ENDED;
            int bytes = event.getSerializedSize();
            require(bytes <= MOST_BYTES, "sent an event of a cell of %d bytes".formatted(bytes));
            return WITHOUT_CREDIT.contains(kind) ? 0 : Math.max(bytes, LEAST_COUNTED_BYTES);
        }

        private static void checkSizes(List<DisplayPart> parts) {
            long sum = 0;
            for (DisplayPart part : parts) {
                require(
                        part.getSize() >= 0 && part.getSize() <= MOST_PART_BYTES,
                        "announced a part of a result of " + Long.toUnsignedString(part.getSize()) + " bytes");
                sum += part.getSize();
            }
            require(sum <= MOST_RESULT_BYTES, "announced a result of " + sum + " bytes");
        }

        private void keepAlive() {
            keepAlives++;
            long due = (ticker.nanos() - startNanos) / ProcessEventRules.KEEP_ALIVE_INTERVAL.toNanos();
            require(keepAlives <= due + ProcessEventRules.KEEP_ALIVES_AT_ONCE, "sent keep-alive events without end");
        }

        @Override
        public Optional<CellEvent> merged(CellEvent first, CellEvent second) {
            return second.hasKeepAlive() ? Optional.of(first) : Optional.empty();
        }

        @Override
        public boolean isComplete() {
            return ended;
        }

        /** The largest event has to fit, also while the credits for earlier ones are on their way. */
        @Override
        public int leastWindowBytes() {
            return GuestStream.WINDOW_BYTES;
        }

        @Override
        public NeuroVisorException failure(Status status, Exception cause, boolean begun) {
            return GuestStatus.interpreterRefusal(status, cause);
        }

        private static void require(boolean allowed, String what) {
            if (!allowed) {
                throw new NeuroVisorException(Fault.SANDBOX_LOST, what);
            }
        }
    }
}

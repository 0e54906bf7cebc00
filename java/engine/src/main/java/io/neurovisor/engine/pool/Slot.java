package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;

import java.util.OptionalLong;

/**
 * A machine as the pool counts it, from the decision to start it until nothing of it is left.
 *
 * @param ticket the request that it was started for; empty for one that is to be kept ready
 */
record Slot(long id, Order order, Phase phase, OptionalLong ticket) {
    /** What a machine is doing. */
    enum Phase {
        STARTING,
        WARM,
        LEASED,
        ENDING;

        boolean mayBecome(Phase next) {
            return switch (this) {
                case STARTING -> next == WARM;
                case WARM -> next == LEASED || next == ENDING;
                case LEASED -> next == ENDING;
                case ENDING -> false;
            };
        }
    }

    Slot {
        requireNonNull(order, "order is null");
        requireNonNull(phase, "phase is null");
        requireNonNull(ticket, "ticket is null");
    }

    boolean is(Phase asked, Order wanted) {
        return phase == asked && order.equals(wanted);
    }

    Slot become(Phase next) {
        if (!phase.mayBecome(next)) {
            throw new IllegalStateException("machine " + id + " is " + phase + " and cannot become " + next);
        }
        return new Slot(id, order, next, ticket);
    }
}

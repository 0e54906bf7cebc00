package io.neurovisor.engine.pool;

import io.neurovisor.engine.pool.FairQueue.Waiting;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A machine as the pool counts it, from the decision to start it until nothing of it is left.
 *
 * @param ticket the request for which it was started; empty for a machine that is kept ready
 * @param holder the claimant to which it is or was leased
 * @param primed whether it has been primed or is being primed
 */
record Slot(long id, MachineKind kind, Phase phase, OptionalLong ticket, Optional<Claimant> holder, boolean primed) {
    /** The phases in the life of a machine. */
    enum Phase {
        /** Starting, or being primed. */
        STARTING,
        WARM,
        LEASED,
        ENDING;

        boolean mayBecome(Phase next) {
            return switch (this) {
                case STARTING -> next == WARM || next == ENDING;
                case WARM -> next != WARM;
                case LEASED -> next == ENDING;
                case ENDING -> false;
            };
        }
    }

    /** Returns whether it is in this phase and can serve the request. */
    boolean isFor(Waiting request, Phase asked) {
        return phase == asked
                && kind.equals(request.kind())
                && (!kind.isSaved() || ticket.equals(OptionalLong.of(request.ticket())));
    }

    /** Returns whether it is or was a sandbox. */
    boolean isForSandbox() {
        return holder.filter(Claimant::forSandboxes).isPresent();
    }

    Slot become(Phase next) {
        if (!phase.mayBecome(next)) {
            throw new IllegalStateException("machine " + id + " is " + phase + " and cannot become " + next);
        }
        return new Slot(id, kind, next, ticket, holder, primed);
    }

    Slot heldBy(Claimant claimant) {
        return new Slot(id, kind, phase, ticket, Optional.of(claimant), primed);
    }

    /** Clears the ticket: the request for which the machine was started has been served. */
    Slot becomePrimed() {
        return new Slot(id, kind, become(Phase.STARTING).phase(), OptionalLong.empty(), holder, true);
    }
}

package io.neurovisor.agent.provider;

import java.util.function.BooleanSupplier;

/** Whether images are sent to a model. */
public enum VisionChoice {
    /** If the server says that the model has vision. */
    AUTO,
    ON,
    OFF;

    /** @param served says whether the model has vision, according to its server */
    boolean allows(BooleanSupplier served) {
        return this == AUTO ? served.getAsBoolean() : this == ON;
    }
}

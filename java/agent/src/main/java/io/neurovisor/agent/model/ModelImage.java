package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

/** An image for a model that has vision. */
public record ModelImage(String mimeType, String base64) {
    /** The text that takes about as many tokens as an image. */
    static final int EQUIVALENT_CHARACTERS = 4_000;

    public ModelImage {
        requireNonNull(mimeType, "mimeType is null");
        requireNonNull(base64, "base64 is null");
    }
}

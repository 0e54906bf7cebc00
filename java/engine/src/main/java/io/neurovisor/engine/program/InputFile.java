package io.neurovisor.engine.program;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;

/**
 * A regular file that lies in the working directory when the program starts. Equal when the content is.
 *
 * @param path relative to the working directory, as {@link FilePath} checks it
 */
public record InputFile(String path, ByteBuffer content, boolean executable) {
    public InputFile {
        path = FilePath.checked(path);
        content = requireNonNull(content, "content is null").asReadOnlyBuffer();
    }

    @Override
    public ByteBuffer content() {
        return content.duplicate();
    }
}

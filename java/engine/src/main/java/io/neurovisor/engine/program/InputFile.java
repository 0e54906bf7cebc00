package io.neurovisor.engine.program;

import java.nio.ByteBuffer;

/**
 * A regular file that exists in the working directory when the program starts. Two files are equal if their content is.
 *
 * @param path relative to the working directory, checked by {@link FilePath}
 */
public record InputFile(String path, ByteBuffer content, boolean executable) {
    public InputFile {
        path = FilePath.checked(path);
        content = content.asReadOnlyBuffer();
    }

    @Override
    public ByteBuffer content() {
        return content.duplicate();
    }
}

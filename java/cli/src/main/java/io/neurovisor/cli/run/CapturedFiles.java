package io.neurovisor.cli.run;

import io.neurovisor.cli.console.FileTarget;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Keeps the files that a program leaves, for {@code --json} without {@code --out}. */
final class CapturedFiles implements FileTarget {
    private final List<CapturedFile> files = new ArrayList<>();
    private final ByteArrayOutputStream unfinished = new ByteArrayOutputStream();

    @SuppressWarnings("ArrayRecordComponent") // Made here, read once, compared never.
    record CapturedFile(String path, byte[] content) {}

    @Override
    public void file(String path, ByteBuffer part, boolean last) {
        CapturedOutput.append(unfinished, part);
        if (last) {
            files.add(new CapturedFile(path, unfinished.toByteArray()));
            unfinished.reset();
        }
    }

    List<CapturedFile> files() {
        return List.copyOf(files);
    }
}

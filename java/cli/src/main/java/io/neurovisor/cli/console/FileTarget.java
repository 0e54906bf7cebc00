package io.neurovisor.cli.console;

import java.nio.ByteBuffer;

/** Receives the files that a program leaves in {@code out/}, in parts as described in {@code OutputSink.file}. */
public interface FileTarget {
    void file(String path, ByteBuffer part, boolean last);
}

package io.neurovisor.cli.console;

import java.nio.ByteBuffer;

/** Where the files go that a program leaves in {@code out/}; parts come as {@code OutputSink.file} says. */
public interface FileTarget {
    void file(String path, ByteBuffer part, boolean last);
}

package io.neurovisor.cli;

import java.nio.ByteBuffer;

/** Where the files go that a program leaves in {@code out/}; parts come as {@code OutputSink.file} says. */
interface FileTarget {
    void file(String path, ByteBuffer part, boolean last);
}

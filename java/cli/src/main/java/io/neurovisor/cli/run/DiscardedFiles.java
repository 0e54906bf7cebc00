package io.neurovisor.cli.run;

import io.neurovisor.cli.console.FileTarget;
import java.nio.ByteBuffer;

/** Counts the files that a program has left and nobody has asked for, so that the user can be told how to get them. */
final class DiscardedFiles implements FileTarget {
    private int count;
    private String first = "";

    @Override
    public void file(String path, ByteBuffer part, boolean last) {
        if (last) {
            count++;
            first = first.isEmpty() ? path : first;
        }
    }

    /** A sentence for the user; empty when there were no files. */
    String hint() {
        return switch (count) {
            case 0 -> "";
            case 1 -> "the program left out/" + first + "; --out DIR brings it home";
            default ->
                "the program left " + count + " files in out/, such as out/" + first + "; --out DIR brings them home";
        };
    }
}

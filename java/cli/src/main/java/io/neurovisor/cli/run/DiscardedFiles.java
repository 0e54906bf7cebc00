package io.neurovisor.cli.run;

import io.neurovisor.cli.console.FileTarget;
import java.nio.ByteBuffer;

/** Counts the files in {@code out/} that are not saved, for a note that says how to save them. */
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

    /** Returns a note for the user, which is empty if there were no files. */
    String hint() {
        return switch (count) {
            case 0 -> "";
            case 1 -> "the program wrote out/" + first + "; --out DIR saves it";
            default ->
                "the program wrote " + count + " files into out/, such as out/" + first + "; --out DIR saves them";
        };
    }
}

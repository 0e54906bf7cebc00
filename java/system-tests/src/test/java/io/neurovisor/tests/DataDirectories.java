package io.neurovisor.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Data directories of a test's own, with what the usual one has. */
public final class DataDirectories {
    private DataDirectories() {}

    /** One with the images and templates of the usual one. */
    public static Path ready(Path parent) {
        return with(
                parent, ".neurovisor", "probes.properties", "initrds", "kernels", "images/[!.]*", "templates/[!.]*");
    }

    /**
     * Makes one. Of images, kernels and templates, which nobody writes to, it shares the files where it can.
     *
     * @param parent where it is made
     * @param patterns of bash's, in the usual one, for what is not another test's work in progress
     */
    static Path with(Path parent, String... patterns) {
        Path data = parent.resolve("data");
        List<String> copying = new ArrayList<>(List.of(
                "bash", "-euc", """
                mkdir -m 700 "$2"; cd "$1"; copy=$2; shift 2; shopt -s failglob
                for part in $*; do
                    [[ -d $part ]] && cp -al --parents "$part" "$copy" 2>/dev/null ||
                        cp -a --reflink=auto --parents "$part" "$copy"
                done""", "bash", TestMachines.dataDirectory().toString(), data.toString()));
        copying.addAll(List.of(patterns));
        PlainMachine.Run run = PlainMachine.start(copying);
        assertThat(run.exitCode()).as(run.stderr()).isZero();
        rememberDigests(data);
        return data;
    }

    /** Spares a directory that shares files with the usual one to read them all again: a digest is known by its file's path. */
    static void rememberDigests(Path data) {
        Path usual = TestMachines.dataDirectory();
        try {
            String digests = Files.readString(usual.resolve("digests"));
            Files.writeString(data.resolve("digests"), digests.replace(" " + usual + "/", " " + data + "/"));
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}

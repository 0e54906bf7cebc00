package io.neurovisor.host.spawner;

import com.google.protobuf.ByteString;
import java.nio.file.Path;
import java.util.List;

/**
 * The confinement of a VMM by bubblewrap.
 *
 * @param visible files and directories that it sees read-only at their own paths
 * @param seccompFilter an array of {@code struct sock_filter}, loaded before its first instruction
 * @param maxFileBytes the maximum size of its files
 */
public record Jail(List<Path> visible, ByteString seccompFilter, long maxFileBytes) implements Confinement {
    public Jail {
        visible = List.copyOf(visible);
    }
}

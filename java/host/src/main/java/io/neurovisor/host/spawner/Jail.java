package io.neurovisor.host.spawner;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import java.nio.file.Path;
import java.util.List;

/**
 * What a VMM in bubblewrap is confined to, beyond what every VMM is.
 *
 * @param visible files and directories that it sees, read-only and in the same places
 * @param seccompFilter an array of {@code struct sock_filter}, at work before its first instruction
 * @param maxFileBytes how long its files may become
 */
public record Jail(List<Path> visible, ByteString seccompFilter, long maxFileBytes) implements Confinement {
    public Jail {
        visible = List.copyOf(visible);
        requireNonNull(seccompFilter, "seccompFilter is null");
    }
}

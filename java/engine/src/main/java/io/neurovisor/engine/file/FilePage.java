package io.neurovisor.engine.file;

import java.util.List;
import java.util.Optional;

/**
 * A part of a listing, sorted by path.
 *
 * @param next where the next part begins; empty after the last one
 */
public record FilePage(List<FileEntry> entries, Optional<String> next) {
    public FilePage {
        entries = List.copyOf(entries);
    }
}

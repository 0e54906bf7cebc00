package io.neurovisor.host.firecracker.release;

import java.nio.file.Path;

/** An origin of a release. */
interface ReleaseSource {
    /**
     * Fetches the programs into {@code target} as {@code firecracker} and {@code jailer}, not executable.
     *
     * @param scratch an empty directory for downloads
     * @return a description of the origin and of its verification; the caller checks the digests of the programs
     * @throws UnreachableException if the source is unreachable; wrong content is a fault instead
     */
    String fetch(PinnedRelease release, Path scratch, Path target) throws UnreachableException;

    /** The source cannot be reached from here; another one may be used instead. */
    final class UnreachableException extends Exception {
        private static final long serialVersionUID = 1L;

        UnreachableException(String reason) {
            super(reason);
        }
    }
}

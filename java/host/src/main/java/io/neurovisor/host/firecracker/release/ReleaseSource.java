package io.neurovisor.host.firecracker.release;

import java.nio.file.Path;

/** Somewhere a release can be had. */
interface ReleaseSource {
    /**
     * Leaves the programs in {@code target} as {@code firecracker} and {@code jailer}, neither executable yet.
     *
     * @param scratch an empty directory for what is downloaded
     * @return where they come from and what vouches for them, for a person; the digests of the programs are the caller's to check
     * @throws UnreachableException when the source gives nothing; whatever it gives that is wrong is a fault instead
     */
    String fetch(PinnedRelease release, Path scratch, Path target) throws UnreachableException;

    /** A source that cannot be had from here, for which another may stand in. */
    final class UnreachableException extends Exception {
        private static final long serialVersionUID = 1L;

        UnreachableException(String reason) {
            super(reason);
        }
    }
}
